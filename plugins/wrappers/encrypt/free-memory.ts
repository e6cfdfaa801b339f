/**
 * Frees the memory of bytes that a cipher has returned, which have a buffer of their own and are needed no more. Waiting
 * for the garbage collector instead takes longer than the decryption: the memory is outside of its heap, and makes it run
 * all the time.
 */
export function freeMemory({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached) buffer.transfer(0);
}
