import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits for `promise`, at most `timeoutMs` milliseconds.
 * @returns whether it resolved in time
 * @throws the error with which it rejects in time; a later rejection is ignored
 */
export async function settledWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const limit = new AbortController();
  const late = delay(timeoutMs, false, { signal: limit.signal }).catch(() => false);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    limit.abort();
  }
}
