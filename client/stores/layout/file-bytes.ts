import type { FileHandle } from 'node:fs/promises';
import type { ReadContext } from '../object-store.ts';

/** Large reads need fewer calls; two of them are in memory at a time. */
const READ_BYTES = 512 * 1024;

/** A part of an open file. */
export interface FilePart {
  readonly handle: FileHandle;
  /** 0-based. */
  readonly start: number;
  /** Exclusive; the stream ends earlier if the file does. */
  readonly end: number;
}

/** The bytes of a part of a file. While the reader processes a chunk, the next one is read. */
export async function* fileBytes(
  { handle, start, end }: FilePart,
  { signal, isReused = false }: ReadContext,
): AsyncGenerator<Uint8Array, void, undefined> {
  const memory = isReused ? [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)] : [];
  let at = start;
  const readNext = async (turn: number): Promise<Uint8Array> => {
    const length = Math.min(READ_BYTES, end - at);
    const buffer = memory[turn % 2] ?? Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await handle.read(buffer, 0, length, at);
    at += bytesRead;
    return buffer.subarray(0, bytesRead);
  };
  const read = (turn: number): Promise<Uint8Array> => {
    const bytes = readNext(turn);
    // It may fail while the reader is busy and nothing awaits it yet.
    bytes.catch(() => undefined);
    return bytes;
  };
  let next = read(0);
  try {
    for (let turn = 1; ; turn += 1) {
      const bytes = await next;
      signal?.throwIfAborted();
      if (bytes.byteLength === 0) return;
      next = read(turn);
      yield bytes;
    }
  } finally {
    // The file must not be closed during a read.
    await next.catch(() => undefined);
  }
}
