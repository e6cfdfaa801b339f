/** How a client proves who it is, and whom it trusts. Texts are PEM. */
export interface TlsOptions {
  /** Certificates of authorities that are trusted in addition to those of the system. */
  readonly ca?: string | readonly string[] | undefined;
  /** The client's certificate; shown to the registry only, never to a host that it redirects to. */
  readonly cert?: string | undefined;
  /** The key of `cert`. */
  readonly key?: string | undefined;
  /** Opens `key`. */
  readonly passphrase?: string | undefined;
}

/** How long a client waits, in milliseconds. No limit holds for a transfer as a whole. */
export interface TimeOuts {
  /** Until a connection is open. Default: 30 seconds. */
  readonly connectMs?: number | undefined;
  /** From the last byte of a request to the head of the answer. Default: 60 seconds. */
  readonly answerMs?: number | undefined;
  /** The same for a request that ends an upload, as some registries read all of it meanwhile. Default: 10 minutes. */
  readonly finishMs?: number | undefined;
  /** Between two reads of a body. Default: 60 seconds. */
  readonly readMs?: number | undefined;
}

/** How often a request that is safe to repeat is sent. */
export interface RetryOptions {
  /** Times in all, at least 1. Default: 5. */
  readonly attempts?: number | undefined;
  /** The longest wait before the second time, in milliseconds; it doubles each time. Default: 250. */
  readonly baseDelayMs?: number | undefined;
  /** The longest wait at all, also where `Retry-After` asks for more: then the call fails. Default: 60 seconds. */
  readonly maxDelayMs?: number | undefined;
}
