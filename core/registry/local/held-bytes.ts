/** The largest number of bytes of one upload that are held in memory. */
export const MAX_HELD_BYTES = 1024 * 1024;
const FIRST_BLOCK_BYTES = 16 * 1024;

/** Where the memory comes from. */
export interface HeldBytesBudget {
  /** Takes memory; returns whether there was enough. */
  reserve(bytes: number): boolean;
  /** Gives memory back. */
  release(bytes: number): void;
}

/**
 * The first bytes of one upload, in memory: at most {@link MAX_HELD_BYTES}, and only as long as the budget lasts. They
 * lie in one block, because each piece of its own would cost a hundred bytes more.
 */
export class HeldBytes implements Disposable {
  readonly #budget: HeldBytesBudget;
  #block: Buffer = Buffer.alloc(0);
  #size = 0;

  constructor(budget: HeldBytesBudget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#size;
  }

  /** How much memory they take. */
  get blockBytes(): number {
    return this.#block.byteLength;
  }

  /** What was added, in order; a later `add` may append to the same memory. */
  get bytes(): Buffer {
    return this.#block.subarray(0, this.#size);
  }

  /** @returns whether the bytes were taken; otherwise nothing was */
  add(bytes: Uint8Array): boolean {
    const size = this.#size + bytes.byteLength;
    if (size > this.#block.byteLength && !this.#grow(size)) return false;
    this.#block.set(bytes, this.#size);
    this.#size = size;
    return true;
  }

  /** The same bytes in an object of their own; this one has none any longer. */
  handOver(): HeldBytes {
    const other = new HeldBytes(this.#budget);
    other.#block = this.#block;
    other.#size = this.#size;
    this.#block = Buffer.alloc(0);
    this.#size = 0;
    return other;
  }

  /** Gives the memory back, and has no bytes any longer. */
  [Symbol.dispose](): void {
    this.#budget.release(this.#block.byteLength);
    this.#block = Buffer.alloc(0);
    this.#size = 0;
  }

  #grow(neededBytes: number): boolean {
    if (neededBytes > MAX_HELD_BYTES) return false;
    const doubled = Math.max(FIRST_BLOCK_BYTES, this.#block.byteLength * 2, neededBytes);
    const blockBytes = Math.min(doubled, MAX_HELD_BYTES);
    if (!this.#budget.reserve(blockBytes - this.#block.byteLength)) return false;
    const block = Buffer.allocUnsafeSlow(blockBytes);
    block.set(this.bytes);
    this.#block = block;
    return true;
  }
}
