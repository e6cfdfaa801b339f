import type { DriverWriter, StoragePath, WriterOptions } from '../../../core/driver/index.ts';
import { type CallSite, DriverWrapper, looksForCollections } from './driver-wrapper.ts';

/** What a request costs. */
export interface Cost {
  /** All calls of the driver. */
  readonly calls: number;
  /** The longest chain of calls that each began after the previous one ended. */
  readonly inSequence: number;
}

/** Counts calls, including those that close a writer, and how many of them follow one another. */
export class RoundTrips extends DriverWrapper {
  #calls = 0;
  #ended = 0;

  /** The cost of `action`; nothing else may use the driver meanwhile. */
  async cost(action: () => Promise<unknown>): Promise<Cost> {
    this.#calls = 0;
    this.#ended = 0;
    await action();
    return { calls: this.#calls, inSequence: this.#ended };
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const writer = await super.openWriter(path, options);
    const dispose = writer[Symbol.asyncDispose].bind(writer);
    let isOver = false;
    const ends = ['commit', 'cancel'] as const;
    for (const end of ends) {
      const call = writer[end].bind(writer);
      writer[end] = async (to?: StoragePath) => {
        await call(to);
        isOver = true;
      };
    }
    writer[Symbol.asyncDispose] = async () => {
      if (isOver) return dispose();
      isOver = true;
      await this.around({ call: 'close', path }, async () => dispose());
    };
    return writer;
  }

  protected override async around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    if (looksForCollections(site)) return action();
    this.#calls += 1;
    const position = this.#ended + 1;
    try {
      return await action();
    } finally {
      this.#ended = Math.max(this.#ended, position);
    }
  }
}
