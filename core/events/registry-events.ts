import { randomUUID } from 'node:crypto';
import type { RepositoryName } from '../model/reference.ts';
import type { RegistryEvent } from '../ports/event-sink.ts';
import type { CallContext } from '../registry/call-context.ts';

/** The part of an event that a service knows; the rest comes from the context of the call. */
export type EventDetails = Pick<RegistryEvent, 'action' | 'target'> &
  Partial<Pick<RegistryEvent, 'digest' | 'tag' | 'mediaType' | 'size' | 'fromRepository'>>;

/** Reports what has happened in a repository; never waits and never throws. */
export type EmitEvent = (repository: RepositoryName, details: EventDetails, context: CallContext | undefined) => void;

/** Completes an event from the context of its call. */
export function eventOf(
  repository: RepositoryName,
  { action, target, digest, tag, mediaType, size, fromRepository }: EventDetails,
  { actor, method, requestId }: CallContext = {},
): RegistryEvent {
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
    user: actor?.name,
    method,
    requestId,
  };
}
