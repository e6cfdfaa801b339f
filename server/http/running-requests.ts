/** The requests that are being handled. */
export class RunningRequests {
  readonly #running = new Set<Promise<void>>();

  /** @param handled settles when the handler is done, possibly after its connection has closed */
  add(handled: Promise<void>): void {
    const ended = handled.finally(() => this.#running.delete(ended));
    this.#running.add(ended);
    // Koa handles the failures of handlers.
    ended.catch(() => undefined);
  }

  /** Waits until all are done, at most `timeoutMs`. */
  async settled(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([Promise.allSettled(this.#running), late]);
    clearTimeout(timer);
  }
}
