import { createHash } from 'node:crypto';

const PIECE_BYTES = 1024 * 1024;
/** The bytes after the first piece, the same in every blob. */
const REPEATED = shake('stowage bench', PIECE_BYTES);

/** A blob whose bytes are determined by a seed and a size; it is never completely in memory. */
export class BlobBytes {
  readonly size: number;
  readonly #first: Buffer;

  constructor(seed: string, size: number) {
    this.size = size;
    this.#first = shake(seed, Math.min(PIECE_BYTES, size));
  }

  /** Bytes `start` up to `end`, in pieces. */
  *read(start = 0, end = this.size): Generator<Buffer, void, undefined> {
    for (let at = start; at < end; ) {
      const piece = at < PIECE_BYTES ? this.#first : REPEATED;
      const from = at % PIECE_BYTES;
      const part = piece.subarray(from, Math.min(piece.byteLength, from + end - at));
      yield part;
      at += part.byteLength;
    }
  }

  digest(): string {
    const hash = createHash('sha256');
    for (const piece of this.read()) hash.update(piece);
    return `sha256:${hash.digest('hex')}`;
  }
}

function shake(seed: string, outputLength: number): Buffer {
  return createHash('shake256', { outputLength }).update(seed).digest();
}
