import { DriverError, type DriverWriter, type StoragePath } from '../../core/driver/index.ts';
import type { Bytes } from './bytes.ts';

/** The calls of a writer on the driver that opened it. */
export interface WriterDependencies {
  readonly bytes: Bytes;
  readonly tookOver: boolean;
  /** Whether no other writer has taken over. */
  readonly isHeld: () => boolean;
  /** Leaves the bytes to the next writer. */
  readonly giveBack: () => void;
  readonly publish: (to: StoragePath | undefined) => void;
  readonly discard: () => void;
}

/** Collects bytes that are invisible to others until they are published. */
export class MemoryWriter implements DriverWriter {
  readonly tookOver: boolean;
  readonly #dependencies: WriterDependencies;
  #isOver = false;

  constructor(dependencies: WriterDependencies) {
    this.#dependencies = dependencies;
    this.tookOver = dependencies.tookOver;
  }

  get size(): number {
    return this.#dependencies.bytes.size;
  }

  async append(body: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const bytes of body) this.#dependencies.bytes.add(bytes);
  }

  async commit(to?: StoragePath): Promise<void> {
    this.#end(() => this.#dependencies.publish(to));
  }

  async cancel(): Promise<void> {
    this.#end(this.#dependencies.discard);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.#end(this.#dependencies.giveBack);
  }

  #end(action: () => void): void {
    this.#isOver = true;
    if (!this.#dependencies.isHeld())
      throw new DriverError('conflict', { cause: new Error('another writer took over') });
    action();
  }
}
