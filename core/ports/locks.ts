/** A lock that is held, until it is disposed. */
export interface Lock extends AsyncDisposable {
  /** Aborts when the lock could not be kept: somebody else may hold it now. Absent where that cannot happen. */
  readonly lost?: AbortSignal | undefined;
}

/** Exclusive use of named things, within as many processes as the implementation reaches. */
export interface Locks {
  /** Takes the lock at once, or gives `undefined` when somebody holds it. */
  tryAcquire(key: string): Promise<Lock | undefined>;
}
