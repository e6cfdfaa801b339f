import { RegistryError } from '../../core/errors.ts';

/** What only bodies up to {@link SMALL_BYTES} may use: a quarter, so that few large ones never keep out all small ones. */
const SHARE_OF_SMALL = 4;
const SMALL_BYTES = 64 * 1024;

/** Memory for bodies that are held as a whole, shared by all requests of a process. */
export class BodyBudget {
  readonly #maxBytes: number;
  #used = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many bytes are taken now. */
  get usedBytes(): number {
    return this.#used;
  }

  /**
   * Takes bytes for a body.
   * @param heldBytes what it has already
   * @returns whether there were enough
   */
  take(bytes: number, heldBytes: number): boolean {
    const isSmall = heldBytes + bytes <= SMALL_BYTES;
    const maxBytes = isSmall ? this.#maxBytes : this.#maxBytes - this.#maxBytes / SHARE_OF_SMALL;
    if (this.#used + bytes > maxBytes) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

/** A body that is collected in one buffer, however small its pieces are: each piece of its own would cost a hundred bytes. */
export class HeldBody implements Disposable {
  readonly #budget: BodyBudget;
  readonly #expectedBytes: number;
  #buffer: Buffer = Buffer.alloc(0);
  #size = 0;
  #reservedBytes = 0;
  #isReleased = false;

  /** @param expectedBytes the announced length; 0 when none was announced */
  constructor(budget: BodyBudget, expectedBytes: number) {
    this.#budget = budget;
    this.#expectedBytes = expectedBytes;
  }

  get size(): number {
    return this.#size;
  }

  /** What has come so far. */
  get bytes(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#size);
    // Whoever keeps it should not keep what is behind it.
    return bytes.byteLength === this.#buffer.byteLength ? bytes : Buffer.from(bytes);
  }

  /** @throws RegistryError `UNAVAILABLE` when the memory for bodies is used up */
  add(piece: Uint8Array): void {
    const size = this.#size + piece.byteLength;
    if (this.#buffer.byteLength === 0 && size >= this.#expectedBytes) {
      // The usual case: it comes in one piece, which is kept as it is.
      this.#reserve(size);
      this.#buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    } else {
      if (size > this.#buffer.byteLength) this.#grow(size);
      this.#buffer.set(piece, this.#size);
    }
    this.#size = size;
  }

  /** Gives the memory back to the budget; nobody is about to use the bytes any more. */
  [Symbol.dispose](): void {
    this.#isReleased = true;
    this.#budget.give(this.#reservedBytes);
    this.#reservedBytes = 0;
  }

  #grow(size: number): void {
    const doubled = Math.max(size, this.#buffer.byteLength * 2);
    // Not more than was announced, and not before it has come.
    const capacity = this.#expectedBytes >= size ? Math.min(doubled, this.#expectedBytes) : doubled;
    this.#reserve(capacity - this.#buffer.byteLength);
    const buffer = Buffer.allocUnsafeSlow(capacity);
    buffer.set(this.#buffer.subarray(0, this.#size));
    this.#buffer = buffer;
  }

  #reserve(bytes: number): void {
    if (this.#isReleased) return;
    if (!this.#budget.take(bytes, this.#reservedBytes)) {
      const reason = 'too many request bodies are being received at once; send it again later';
      throw new RegistryError('UNAVAILABLE', { reason });
    }
    this.#reservedBytes += bytes;
  }
}
