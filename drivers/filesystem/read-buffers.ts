/** The sizes of all reads are this number of bytes times a power of two. */
export const MIN_READ_BYTES = 64 * 1024;
export const MAX_READ_BYTES = 1024 * 1024;
/** How many buffers of one size are kept. */
const MAX_KEPT = 4;

/** The size of the smallest read that takes `bytes` bytes, or the largest one. */
export function readBytesFor(bytes: number): number {
  let readBytes = MIN_READ_BYTES;
  while (readBytes < bytes && readBytes < MAX_READ_BYTES) readBytes *= 2;
  return readBytes;
}

const kept = new Map<number, WeakRef<ArrayBufferLike>[]>();

/**
 * Returns a buffer to read into, with arbitrary content: the one that was released last, because the processor's caches
 * still hold it. A new one costs a page fault per 4 KiB, and a full collection every few megabytes.
 * @param bytes one of the sizes of reads
 */
export function takeReadBuffer(bytes: number): Buffer {
  const spare = kept.get(bytes);
  for (let last = spare?.pop(); last !== undefined; last = spare?.pop()) {
    const memory = last.deref();
    if (memory !== undefined) return Buffer.from(memory);
  }
  return Buffer.allocUnsafeSlow(bytes);
}

/**
 * Keeps the memory of a buffer that nothing uses any more for reuse, until the next full collection, such as the one
 * after a busy period. Releasing a buffer twice would let two streams share it.
 */
export function releaseReadBuffer(memory: ArrayBufferLike): void {
  const spare = kept.get(memory.byteLength) ?? [];
  kept.set(memory.byteLength, spare);
  if (spare.length < MAX_KEPT) spare.push(new WeakRef(memory));
}
