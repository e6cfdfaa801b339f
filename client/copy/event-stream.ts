import type { CopyEvent } from './copy-event.ts';

/** Passes the events of a copy from the transfers, which never wait, to one reader, which may be slow or absent. */
export class EventStream implements AsyncIterable<CopyEvent> {
  #waiting: CopyEvent[] = [];
  /** The position in the queue of the unread progress of each blob. */
  readonly #progress = new Map<string, number>();
  #hasReader = false;
  /** Whether the reader is still reading. */
  #isWatched = false;
  #end: { readonly error?: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  /** Adds an event; without a reader it is dropped. Newer progress replaces older. */
  emit(event: CopyEvent): void {
    if (!this.#isWatched) return;
    if (event.type === 'blob-progress') {
      const place = this.#progress.get(event.blob.digest);
      if (place !== undefined) {
        this.#waiting[place] = event;
        return;
      }
      this.#progress.set(event.blob.digest, this.#waiting.length);
    }
    this.#waiting.push(event);
    this.#wake.resolve();
  }

  /** Ends the stream; the reader receives the error, if any, after the last event. */
  end(failure: { readonly error?: unknown } = {}): void {
    this.#end = failure;
    this.#wake.resolve();
  }

  /** @throws TypeError for a second reader */
  [Symbol.asyncIterator](): AsyncIterator<CopyEvent> {
    if (this.#hasReader) throw new TypeError('the events of a copy can be read only once');
    this.#hasReader = true;
    this.#isWatched = true;
    return this.#read();
  }

  async *#read(): AsyncGenerator<CopyEvent, void, undefined> {
    try {
      for (;;) {
        const events = this.#waiting;
        this.#waiting = [];
        this.#progress.clear();
        yield* events;
        if (this.#waiting.length > 0) continue;
        if (this.#end !== undefined) break;
        await this.#wake.promise;
        this.#wake = Promise.withResolvers<void>();
      }
      if ('error' in this.#end) throw this.#end.error;
    } finally {
      this.#isWatched = false;
      this.#waiting = [];
    }
  }
}
