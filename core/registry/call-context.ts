/** Who makes a call. */
export interface Actor {
  /** As the access controller names the user. */
  readonly name: string;
}

/** On whose behalf a call is made, and until when. Every part may be absent: a job has no request, a guest no name. */
export interface CallContext {
  /** Aborts when the result is no longer needed; the call may then reject with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
  /** Absent for an anonymous user, and where the registry itself acts. */
  readonly actor?: Actor | undefined;
  /** Of the request that causes the call, as in the log and in the header `X-Request-Id`. */
  readonly requestId?: string | undefined;
  /** The HTTP method of that request, such as `HEAD`. */
  readonly method?: string | undefined;
}
