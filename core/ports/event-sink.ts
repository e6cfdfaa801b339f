import type { Digest } from '../digest/digest.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';

/** Something that happened to the content of a repository, told once its request has succeeded. */
export interface RegistryEvent {
  /** Unlike that of any other event, of this process and of others. */
  readonly id: string;
  readonly at: Date;
  /** `pull` is told of GET and of HEAD, as in distribution; `method` tells them apart. */
  readonly action: 'pull' | 'push' | 'mount' | 'delete';
  readonly target: 'manifest' | 'blob';
  readonly repository: RepositoryName;
  /** Absent when only a tag was deleted. */
  readonly digest: Digest | undefined;
  /** The tag in the request, or one of those that a push has set; a push of several is told once for each. */
  readonly tag: Tag | undefined;
  /** Absent where the registry need not know it, as with a delete. */
  readonly mediaType: string | undefined;
  /** Bytes of the whole content, also when a part was asked for; absent with a delete. */
  readonly size: number | undefined;
  /** Where a mounted blob came from; absent when any repository would do. */
  readonly fromRepository: RepositoryName | undefined;
  /** `undefined` for an anonymous one. */
  readonly user: string | undefined;
  /** Of the request; absent where no request has caused it. */
  readonly method: string | undefined;
  /** As in the log and in the header `X-Request-Id`; absent where no request has caused it. */
  readonly requestId: string | undefined;
}

/**
 * Is told what happens in the registry. Each sink has a queue of its own: however slow it is and however it fails, no
 * request waits or fails. When the queue is full, events are dropped; drops are counted and logged.
 */
export interface EventSink {
  /**
   * Takes one event; the next one comes when it has resolved. In the order in which the requests succeeded, each once.
   * An event that is rejected is logged and not told again: whoever wants to try again does so before rejecting.
   * @param signal aborts when the registry ends and does not wait any longer
   */
  handle(event: RegistryEvent, signal: AbortSignal): Promise<void>;
}
