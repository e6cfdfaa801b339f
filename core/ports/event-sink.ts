import type { Digest } from '../digest/digest.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import type { AuditRecord } from './audit-record.ts';

/** The token to which a plugin of the kind `event-sink` binds its port. */
export const EVENT_SINK: unique symbol = Symbol.for('stowage/EventSink');

/**
 * Something that happened to the content of a repository, reported after its request has succeeded. What a sink does
 * while it handles an event is not reported.
 */
export interface RegistryEvent {
  /** Unique among all events of all processes. */
  readonly id: string;
  readonly at: Date;
  /** Both GET and HEAD are a `pull`, as in distribution; `method` tells them apart. */
  readonly action: 'pull' | 'push' | 'mount' | 'delete' | 'rename';
  /** `repository`: all of it, deleted or renamed as a whole. */
  readonly target: 'manifest' | 'blob' | 'repository';
  readonly repository: RepositoryName;
  /** Absent if only a tag was deleted. */
  readonly digest: Digest | undefined;
  /** The tag in the request, or one that a push set; a push that sets several tags causes one event per tag. */
  readonly tag: Tag | undefined;
  /** Absent if the registry does not need to know it, as for a delete. */
  readonly mediaType: string | undefined;
  /** The size of the whole content in bytes, even if only a part was requested; absent for a delete. */
  readonly size: number | undefined;
  /** The source of a mounted blob; absent if the client named none. The old name of a renamed repository. */
  readonly fromRepository: RepositoryName | undefined;
  /** `undefined` for an anonymous user. */
  readonly user: string | undefined;
  /** The method of the request; absent if no request caused the event. */
  readonly method: string | undefined;
  /** As in the log and in the header `X-Request-Id`; absent if no request caused the event. */
  readonly requestId: string | undefined;
}

/**
 * Receives the events of the registry. Each sink has its own queue, so a slow or failing sink neither delays nor fails
 * requests. When the queue is full, events are dropped; drops are counted and logged.
 */
export interface EventSink {
  /**
   * Takes one event; the next one is delivered when the promise has resolved. Events arrive in the order in which their
   * requests succeeded, each once. Calls that the sink, or anything it starts, makes to the registry meanwhile are
   * reported to no sink. An event that is rejected is logged and not redelivered: a sink that wants to retry does so
   * before it rejects.
   * @param signal aborts when the registry stops and no longer waits
   */
  handle(event: RegistryEvent, signal: AbortSignal): Promise<void>;
  /**
   * Takes one record of the audit log: who did what, or was refused, and by which rule. A sink with this method gets the
   * records that `log.audit.events` selects, whether or not they are written to a file as well. A token in a text, such as one that
   * was sent as the name of a user, is replaced by its id or by `eyJ…`. Records and events share
   * the queue of the sink, and what {@link handle} promises holds for both.
   * @param signal aborts when the registry stops and no longer waits
   */
  audit?(record: AuditRecord, signal: AbortSignal): Promise<void>;
}
