import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 20;
const PATIENCE_MS = 60_000;

/** Waits until a condition returns a value, and returns it; rejects after a minute. */
export async function until<Result>(
  what: string,
  condition: () => Promise<Result | undefined | false> | Result | undefined | false,
  patienceMs = PATIENCE_MS,
): Promise<Result> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const result = await condition();
    if (result !== undefined && result !== false) return result;
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain until ${what}`);
    await delay(PAUSE_MS);
  }
}
