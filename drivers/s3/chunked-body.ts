import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

/** So many bytes are hashed before others have their turn: about 1 ms. */
const BYTES_IN_A_TURN = 1024 * 1024;

/**
 * The bytes of a request, in chunks that need not be joined. Amazon's library treats it as a stream that it does not
 * read; the transport sends the chunks, as often as it is called.
 */
export class ChunkedBody extends Readable {
  readonly chunks: readonly Uint8Array[];
  #sha256: string | undefined;

  constructor(chunks: readonly Uint8Array[]) {
    super();
    this.chunks = chunks;
  }

  /** The length, in bytes. */
  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  /** The SHA-256 in hexadecimal, which the service compares with what arrives. */
  async sha256(): Promise<string> {
    this.#sha256 ??= await sha256Of(this.chunks);
    return this.#sha256;
  }

  override _read(): void {
    // Nobody reads it.
  }
}

async function sha256Of(chunks: readonly Uint8Array[]): Promise<string> {
  const hash = createHash('sha256');
  let inTurn = 0;
  for (const chunk of chunks) {
    for (let start = 0; start < chunk.byteLength; start += BYTES_IN_A_TURN) {
      const slice = chunk.subarray(start, start + BYTES_IN_A_TURN);
      hash.update(slice);
      inTurn += slice.byteLength;
      if (inTurn < BYTES_IN_A_TURN) continue;
      inTurn = 0;
      await setImmediate();
    }
  }
  return hash.digest('hex');
}
