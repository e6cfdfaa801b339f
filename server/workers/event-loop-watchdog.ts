import { setTimeout as delay } from 'node:timers/promises';
import { settledWithin } from '../../core/async/settled-within.ts';
import type { WorkerProcess } from './worker-process.ts';

/** How a worker is watched. */
export interface Patience {
  /** Between two questions, and how long an answer may take, in milliseconds. */
  readonly intervalMs: number;
  /** How many questions in a row may stay without an answer. */
  readonly mostMisses: number;
}

/**
 * Asks a worker again and again whether it is there. Questions are counted and not time, because both processes may have
 * been stopped together, as when a machine sleeps.
 * @returns true when it does not answer any more; false when it has ended
 */
export async function hasStopped(
  worker: Pick<WorkerProcess, 'ended' | 'ping'>,
  { intervalMs, mostMisses }: Patience,
): Promise<boolean> {
  const ended = worker.ended.then(() => true);
  for (let misses = 0; misses < mostMisses; ) {
    if (await Promise.race([delay(intervalMs, false), ended])) return false;
    misses = (await settledWithin(worker.ping(), intervalMs)) ? 0 : misses + 1;
  }
  return true;
}
