/**
 * A body on its way to a driver. It remembers how its source failed, so that this does not count as a failure of the
 * backend, and ends with the signal even when the source is silent. It can be iterated once.
 */
export class GuardedBody implements AsyncIterableIterator<Uint8Array>, Disposable {
  /** Set when the source itself has failed. */
  failure: { readonly error: unknown } | undefined;
  readonly #source: AsyncIterator<Uint8Array, unknown>;
  readonly #signal: AbortSignal | undefined;
  #interrupt: ((reason: unknown) => void) | undefined;

  constructor(body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
    this.#source = body[Symbol.asyncIterator]();
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    // One promise per chunk: racing each chunk against one long-lived promise would keep every chunk alive.
    return new Promise((resolve, reject) => {
      this.#interrupt = reject;
      if (this.#signal?.aborted === true) {
        this.#onAbort();
        return;
      }
      this.#source.next().then(
        (next) => resolve(next.done === true ? { done: true, value: undefined } : next),
        (error: unknown) => {
          if (this.#signal?.aborted !== true) this.failure ??= { error };
          reject(error instanceof Error ? error : new Error('the body failed', { cause: error }));
        },
      );
    });
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    await this.#source.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    this.#interrupt?.(this.#signal?.reason);
    // Not awaited: a silent source would delay the call.
    this.#source.return?.().then(undefined, () => undefined);
  };
}
