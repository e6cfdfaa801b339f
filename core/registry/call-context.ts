import type { Digest } from '../digest/digest.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';

/** The user who makes a call. */
export interface Actor {
  /** The name that the access controller gives the user. */
  readonly name: string;
  /** Someone who sends requests, a job of the registry, or a command that works on the storage. Default: a user. */
  readonly kind?: 'user' | 'job' | 'command' | undefined;
  /** The groups to which the access controller says that the user belongs. */
  readonly groups?: readonly string[] | undefined;
}

/**
 * The user, the request and the lifetime of a call. Every part may be absent: a job has no request, a guest has no
 * name.
 */
export interface CallContext {
  /** Aborts when the result is no longer needed; the call may then reject with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Absent for an anonymous user, and if the registry itself makes the call. */
  readonly actor?: Actor | undefined;
  /** The id of the request that caused the call, as in the log and in the header `X-Request-Id`. */
  readonly requestId?: string | undefined;
  /** The HTTP method of that request, such as `HEAD`. */
  readonly method?: string | undefined;
  /** Whether the user may move existing tags of a repository. Absent: yes. */
  readonly mayOverwrite?: ((name: RepositoryName) => boolean) | undefined;
  /**
   * Told to what a tag pointed before the call set or removed it; `undefined` for a new tag. It costs a driver call for
   * each tag if the storage is remote, so it is present only where somebody wants to know.
   */
  readonly tagChanged?: ((tag: Tag, before: Digest | undefined) => void) | undefined;
  /**
   * Of a delete of a tag: when the tag was last set, in milliseconds since 1970. If it was set again since, it stays, and
   * the call rejects with `MANIFEST_UNKNOWN`. Absent: it goes, whenever it was set.
   */
  readonly onlyIfSetAtMs?: number | undefined;
}
