import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a reader may wait for the first byte after it has come, in milliseconds. */
const LOOK_EVERY_MS = 50;

/**
 * Writes into a named pipe as soon as it has a reader. The signal ends both the wait for one and the writing.
 * @throws Error of the system, such as EPIPE when the reader goes
 */
export async function writePipe(path: string, bytes: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  const pipe = new Socket({ fd: await openPipe(path, signal), readable: false, writable: true });
  await pipeline(bytes, pipe, { signal });
}

/** A file descriptor. An open that waits in the system could not be ended, and would keep the process from ending. */
async function openPipe(path: string, signal: AbortSignal | undefined): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENXIO')) throw error;
    }
    await wait(LOOK_EVERY_MS, undefined, { signal });
  }
}
