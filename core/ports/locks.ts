/** A lock, held until it is disposed. */
export interface Lock extends AsyncDisposable {
  /** Aborts when the lock is lost: another holder may have it now. Absent if that cannot happen. */
  readonly lost?: AbortSignal | undefined;
}

/** Named exclusive locks across all processes that the implementation reaches. */
export interface Locks {
  /** Acquires the lock without waiting; `undefined` when it is held. */
  tryAcquire(key: string): Promise<Lock | undefined>;
}
