import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits for `promise`, at most `timeoutMs`.
 * @returns whether it has resolved in time
 * @throws what it rejects with in time; a later rejection is passed over
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
