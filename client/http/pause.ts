import { setTimeout as delay } from 'node:timers/promises';

/** Waits for `ms` milliseconds. @throws the reason of the signal, at once when it aborts */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
