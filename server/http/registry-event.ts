import { randomUUID } from 'node:crypto';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { RegistryEvent } from '../../core/ports/event-sink.ts';
import type { Happening } from '../routes/route-context.ts';
import type { Context } from './request-scope.ts';

/** What happened, with what its request tells. */
export function eventOf(ctx: Context, repository: RepositoryName, happening: Happening): RegistryEvent {
  const { action, target, digest, tag, mediaType, size, fromRepository } = happening;
  const { requestId, user } = ctx.state.scope;
  return {
    id: randomUUID(),
    at: new Date(),
    action,
    target,
    repository,
    digest,
    tag,
    mediaType,
    size,
    fromRepository,
    user,
    method: ctx.method,
    requestId,
  };
}
