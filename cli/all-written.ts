import type { Writable } from 'node:stream';

/**
 * Resolves when the reader of each stream has taken everything. The end of a process cuts off what still waits for a slow
 * reader of a pipe. A reader that has gone, such as `head`, has read enough.
 */
export async function allWritten(...streams: readonly Writable[]): Promise<void> {
  await Promise.all(
    streams.map(async (stream) => {
      if (stream.writableLength === 0 || stream.destroyed) return;
      await new Promise<void>((resolve) => {
        stream.write('', () => resolve());
      });
    }),
  );
}

/** Lets nobody fall over a reader that has gone. */
export function outliveReaders(...streams: readonly Writable[]): void {
  for (const stream of streams) stream.on('error', () => undefined);
}
