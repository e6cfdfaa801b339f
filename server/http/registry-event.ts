import { randomUUID } from 'node:crypto';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { RegistryEvent } from '../../core/ports/event-sink.ts';
import type { Context } from './request-scope.ts';

/** What a handler knows of an event; the rest is in the request. */
export type EventDetails = Pick<RegistryEvent, 'action' | 'target'> &
  Partial<Pick<RegistryEvent, 'digest' | 'tag' | 'mediaType' | 'size' | 'fromRepository'>>;

/** What happened, with what its request tells. */
export function eventOf(ctx: Context, repository: RepositoryName, details: EventDetails): RegistryEvent {
  const { action, target, digest, tag, mediaType, size, fromRepository } = details;
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
