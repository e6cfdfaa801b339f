import { setTimeout as delay } from 'node:timers/promises';
import { settledWithin } from '../../core/async/settled-within.ts';
import type { WorkerProcess } from './worker-process.ts';

/** How a worker is watched. */
export interface WatchdogOptions {
  /** Between two pings, and how long an answer may take, in milliseconds. */
  readonly intervalMs: number;
  /** How many pings in a row may stay without an answer. */
  readonly maxMisses: number;
}

/**
 * Pings a worker until it stops answering. It counts pings and not time, because both processes may have been paused
 * together, as when a machine sleeps.
 * @returns true when the worker no longer answers; false when it has ended
 */
export async function hasStopped(
  worker: Pick<WorkerProcess, 'ended' | 'ping'>,
  { intervalMs, maxMisses }: WatchdogOptions,
): Promise<boolean> {
  const ended = worker.ended.then(() => true);
  for (let misses = 0; misses < maxMisses; ) {
    if (await Promise.race([delay(intervalMs, false), ended])) return false;
    misses = (await settledWithin(worker.ping(), intervalMs)) ? 0 : misses + 1;
  }
  return true;
}
