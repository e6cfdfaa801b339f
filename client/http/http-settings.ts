/** The certificates that a client presents and trusts. Texts are PEM. */
export interface TlsOptions {
  /** Certificates of authorities that are trusted in addition to those of the system. */
  readonly ca?: string | readonly string[] | undefined;
  /** The client's certificate; presented only to the registry, never to a host that it redirects to. */
  readonly cert?: string | undefined;
  /** The key of `cert`. */
  readonly key?: string | undefined;
  /** Decrypts `key`. */
  readonly passphrase?: string | undefined;
}

/** How long a client waits, in milliseconds. No limit applies to a whole transfer. */
export interface TimeOuts {
  /** Until a connection is open. Default: 30 seconds. */
  readonly connectMs?: number | undefined;
  /** From the last byte of a request to the head of the answer. Default: 60 seconds. */
  readonly answerMs?: number | undefined;
  /**
   * The same for a request that finishes an upload, because some registries read it completely first. Default: 10
   * minutes.
   */
  readonly finishMs?: number | undefined;
  /** Between two reads of a body. Default: 60 seconds. */
  readonly readMs?: number | undefined;
}

/** How requests that are safe to repeat are retried. */
export interface RetryOptions {
  /** The number of attempts in all, at least 1. Default: 5. */
  readonly attempts?: number | undefined;
  /** The longest wait before the second attempt, in milliseconds; it doubles each time. Default: 250. */
  readonly baseDelayMs?: number | undefined;
  /** The longest wait in milliseconds; the call fails if `Retry-After` asks for more. Default: 60 seconds. */
  readonly maxDelayMs?: number | undefined;
}
