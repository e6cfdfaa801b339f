import type { Digest } from '../digest/digest.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';

/** What a plugin of the kind `event-sink` binds. */
export const EVENT_SINK: unique symbol = Symbol.for('stowage/EventSink');

/**
 * Something that happened to the content of a repository, reported once its request has succeeded. What a sink itself
 * does while it handles an event is not reported.
 */
export interface RegistryEvent {
  /** Unlike that of any other event, of this process and of others. */
  readonly id: string;
  readonly at: Date;
  /** Both GET and HEAD are a `pull`, as in distribution; `method` tells them apart. */
  readonly action: 'pull' | 'push' | 'mount' | 'delete';
  readonly target: 'manifest' | 'blob';
  readonly repository: RepositoryName;
  /** Absent when only a tag was deleted. */
  readonly digest: Digest | undefined;
  /** The tag in the request, or one of those that a push has set; a push of several causes one event for each. */
  readonly tag: Tag | undefined;
  /** Absent where the registry need not know it, as with a delete. */
  readonly mediaType: string | undefined;
  /** Bytes of the whole content, also when a part was asked for; absent with a delete. */
  readonly size: number | undefined;
  /** Where a mounted blob came from; absent when any repository would do. */
  readonly fromRepository: RepositoryName | undefined;
  /** `undefined` for an anonymous one. */
  readonly user: string | undefined;
  /** The method of the request; absent where no request has caused the event. */
  readonly method: string | undefined;
  /** As in the log and in the header `X-Request-Id`; absent where no request has caused the event. */
  readonly requestId: string | undefined;
}

/**
 * Receives the events of the registry. Each sink has a queue of its own, so a slow or failing sink delays and fails no
 * request. When the queue is full, events are dropped; drops are counted and logged.
 */
export interface EventSink {
  /**
   * Takes one event; the next one comes when it has resolved. Calls of the registry that it makes meanwhile, and those of
   * anything that it starts meanwhile, are reported to no sink. In the order in which the requests succeeded, each once.
   * An event that is rejected is logged and not sent again: a sink that wants to retry does so before it rejects.
   * @param signal aborts when the registry ends and does not wait any longer
   */
  handle(event: RegistryEvent, signal: AbortSignal): Promise<void>;
}
