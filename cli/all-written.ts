import type { Writable } from 'node:stream';

/**
 * Resolves when the reader of each stream has taken everything. The end of a process would cut off what a slow reader
 * of a pipe has not taken yet. A reader that has gone, such as `head`, is not waited for.
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

/** Ignores errors of the streams, so that the process survives a reader that has gone. */
export function outliveReaders(...streams: readonly Writable[]): void {
  for (const stream of streams) stream.on('error', () => undefined);
}
