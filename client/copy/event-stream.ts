import type { CopyEvent } from './copy-event.ts';

/** The events of a copy between the transfers, which never wait, and one reader, who may be slow or absent. */
export class EventStream implements AsyncIterable<CopyEvent> {
  #waiting: CopyEvent[] = [];
  /** Where the progress of a blob waits that nobody has read yet. */
  readonly #progress = new Map<string, number>();
  #hasReader = false;
  /** Whether the reader is still there. */
  #isWatched = false;
  #end: { readonly error?: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  /** Adds an event; without a reader it is dropped. Newer progress takes the place of older. */
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

  /** Ends the stream; with an error the reader gets it after the last event. */
  end(failure: { readonly error?: unknown } = {}): void {
    this.#end = failure;
    this.#wake.resolve();
  }

  /** @throws TypeError for a second reader */
  [Symbol.asyncIterator](): AsyncIterator<CopyEvent> {
    if (this.#hasReader) throw new TypeError('the events of a copy can be read once');
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
