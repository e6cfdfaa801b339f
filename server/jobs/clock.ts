import { setTimeout as delay } from 'node:timers/promises';

/** Time and randomness for schedules. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since an arbitrary moment. Changes of the system time do not affect it. */
  monotonic(): number;
  /** A number from 0 up to 1, by which times are spread. */
  random(): number;
  /** Resolves after `ms` milliseconds at the latest, or as soon as the signal aborts; never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The longest that a timer of Node takes. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/** The clock of this machine; waiting keeps no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  wait: async (ms, signal) => {
    await delay(Math.min(ms, MAX_WAIT_MS), undefined, { signal, ref: false }).catch(() => undefined);
  },
};
