import { RegistryError } from '../../core/model/errors.ts';
import { collectOldMemory } from './minor-gc.ts';

/** A quarter is reserved for bodies up to {@link SMALL_BYTES}, so that a few large ones never keep out all small ones. */
const SHARE_OF_SMALL = 4;
const SMALL_BYTES = 64 * 1024;
/** A collection follows this many bytes, which are thousands of manifests. */
const BYTES_BETWEEN_COLLECTIONS = 16 * 1024 * 1024;

/** Memory for bodies that are held whole, shared by all requests of a process. */
export class BodyBudget {
  readonly #maxBytes: number;
  #used = 0;
  #given = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes are in use now. */
  get usedBytes(): number {
    return this.#used;
  }

  /**
   * Takes bytes for a body.
   * @param heldBytes how many the body already has
   * @returns whether enough were left
   */
  take(bytes: number, heldBytes: number): boolean {
    const isSmall = heldBytes + bytes <= SMALL_BYTES;
    const maxBytes = isSmall ? this.#maxBytes : this.#maxBytes - this.#maxBytes / SHARE_OF_SMALL;
    if (this.#used + bytes > maxBytes) return false;
    this.#used += bytes;
    return true;
  }

  /** Gives bytes back; call it when nothing uses them any more. */
  give(bytes: number): void {
    this.#used -= bytes;
    this.#given += bytes;
    if (this.#used > 0 || this.#given < BYTES_BETWEEN_COLLECTIONS) return;
    this.#given = 0;
    // After the current request.
    setImmediate(() => void collectOldMemory());
  }
}

/** A piece of at least this size is kept as it is; a smaller one is appended to a block. */
const LARGE_PIECE_BYTES = 16 * 1024;
const MAX_BLOCK_BYTES = 64 * 1024;

/** A body that is held whole. Small pieces share blocks, because each piece of its own would cost a hundred bytes more. */
export class HeldBody implements Disposable {
  readonly #budget: BodyBudget;
  readonly #expectedBytes: number;
  /** Complete blocks, in order. */
  readonly #blocks: Buffer[] = [];
  #block: Buffer = Buffer.alloc(0);
  #filledBytes = 0;
  #size = 0;
  #reservedBytes = 0;
  #isReleased = false;

  /** @param expectedBytes the announced length; 0 when the client announced none */
  constructor(budget: BodyBudget, expectedBytes: number) {
    this.#budget = budget;
    this.#expectedBytes = expectedBytes;
  }

  get size(): number {
    return this.#size;
  }

  /** All bytes so far. */
  get bytes(): Buffer {
    const [first] = this.#blocks;
    if (first?.byteLength === this.#size) return first;
    return Buffer.concat([...this.#blocks, this.#block.subarray(0, this.#filledBytes)], this.#size);
  }

  /** @throws RegistryError `UNAVAILABLE` when the memory for bodies is used up */
  add(piece: Uint8Array): void {
    // Most bodies arrive in one piece.
    const isWhole = this.#size === 0 && piece.byteLength >= this.#expectedBytes;
    if (isWhole || piece.byteLength >= LARGE_PIECE_BYTES) this.#keep(piece);
    else this.#copy(piece);
    this.#size += piece.byteLength;
  }

  /** Gives the memory back to the budget; call it when nothing uses the bytes any more. */
  [Symbol.dispose](): void {
    this.#isReleased = true;
    this.#budget.give(this.#reservedBytes);
    this.#reservedBytes = 0;
  }

  #keep(piece: Uint8Array): void {
    this.#reserve(piece.byteLength);
    if (this.#filledBytes > 0) this.#blocks.push(this.#block.subarray(0, this.#filledBytes));
    this.#block = Buffer.alloc(0);
    this.#filledBytes = 0;
    this.#blocks.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }

  #copy(piece: Uint8Array): void {
    const fitting = Math.min(piece.byteLength, this.#block.byteLength - this.#filledBytes);
    this.#block.set(piece.subarray(0, fitting), this.#filledBytes);
    this.#filledBytes += fitting;
    const rest = piece.subarray(fitting);
    if (rest.byteLength === 0) return;
    const block = Buffer.allocUnsafeSlow(this.#nextBlockBytes(this.#size + fitting, rest.byteLength));
    this.#reserve(block.byteLength);
    if (this.#filledBytes > 0) this.#blocks.push(this.#block);
    block.set(rest);
    this.#block = block;
    this.#filledBytes = rest.byteLength;
  }

  /** Doubles what there is, within bounds, and never exceeds the announced length. */
  #nextBlockBytes(size: number, neededBytes: number): number {
    const grown = Math.max(neededBytes, Math.min(size, MAX_BLOCK_BYTES));
    const announced = this.#expectedBytes - size;
    return announced >= neededBytes ? Math.min(grown, announced) : grown;
  }

  #reserve(bytes: number): void {
    if (this.#isReleased) return;
    if (!this.#budget.take(bytes, this.#reservedBytes)) {
      const reason = 'too many request bodies are being received at once; try again later';
      throw new RegistryError('UNAVAILABLE', { reason });
    }
    this.#reservedBytes += bytes;
  }
}
