import { createCipheriv, createHash } from 'node:crypto';

const CHUNK_BYTES = 1 << 20;

/** `size` bytes that look random, so that nothing compresses or repeats, and are the same for the same seed. */
export function* randomBytes(seed: string, size: number): Generator<Uint8Array, void, undefined> {
  const key = createHash('sha256').update(seed).digest();
  const keyStream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK_BYTES);
  for (let done = 0; done < size; done += CHUNK_BYTES) {
    yield keyStream.update(zeros.subarray(0, Math.min(CHUNK_BYTES, size - done)));
  }
}
