import { setTimeout as delay } from 'node:timers/promises';
import type { ChangeEnding } from '../storage/changes/ended-change-store.ts';

/** How often a waiting change gives a sign of life, in milliseconds. */
const SIGN_EVERY_MS = 1_000;

/** How a change is completed. */
export interface CompletionOptions {
  readonly signal: AbortSignal;
  /** Called every few files with the number that are done. */
  readonly onStep?: ((done: number) => void) | undefined;
  /**
   * Called before the announcement of the change goes, so that a process that no longer finds the change finds its end.
   * Not called by a process that finds the change ended. Resolves with how it has ended if another process was first to say so.
   */
  readonly onEnd?: ((ending: ChangeEnding) => Promise<ChangeEnding | undefined>) | undefined;
  /** Called when the change is completed: of several processes that complete it, by the one whose `onEnd` was first. */
  readonly onCompleted?: (() => void) | undefined;
  /** Resolves after `ms` milliseconds; rejects with the reason of the signal. Default: a timer. */
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

/** Waits, with signs of life. @throws the reason of the signal */
export async function pause(ms: number, { signal, onStep, wait = sleep }: CompletionOptions): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= SIGN_EVERY_MS) {
    onStep?.(0);
    await wait(Math.min(leftMs, SIGN_EVERY_MS), signal);
    signal.throwIfAborted();
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<unknown> {
  return delay(ms, undefined, { signal });
}
