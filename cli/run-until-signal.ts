import { constants } from 'node:os';
import type { RunningRegistry } from '../server/lifecycle/running-registry.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

type EndingSignal = (typeof SIGNALS)[number];

/**
 * Lets SIGTERM and SIGINT end the process at once, with 128 and the number of the signal as its exit code, until it is
 * disposed. Without it the first process of a container would not even notice them.
 */
export function endOnSignal(): Disposable {
  return onSignals(end);
}

/** A signal interrupted the program. */
class EndedBySignal extends Error {
  override readonly name = 'EndedBySignal';
  /** 128 and the number of the signal. */
  readonly exitCode: number;

  constructor(signal: EndingSignal) {
    super(`${signal} interrupted the start`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Aborts a start. */
export interface StartSignal extends Disposable {
  /** Aborted by the first SIGTERM or SIGINT; its reason has the exit code. */
  readonly signal: AbortSignal;
}

/** How long a start may take to release what it has opened. */
const MAX_ENDING_MS = 2_000;

/**
 * Lets SIGTERM and SIGINT abort a start until it is disposed. A start that has not ended two seconds later, and a
 * second signal, end the process.
 */
export function giveUpOnSignal(): StartSignal {
  const givenUp = new AbortController();
  const listening = stopOnSignal((signal) => {
    givenUp.abort(new EndedBySignal(signal));
    setTimeout(() => end(signal), MAX_ENDING_MS);
  });
  return { signal: givenUp.signal, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}

/** Calls `stop` at the first SIGTERM or SIGINT; a second signal ends the process at once, like {@link endOnSignal}. */
export function stopOnSignal(stop: (signal: EndingSignal) => void): Disposable {
  let isStopping = false;
  return onSignals((signal) => {
    if (isStopping) end(signal);
    isStopping = true;
    stop(signal);
  });
}

/**
 * Waits for SIGTERM or SIGINT, then stops the registry once. A second signal ends the process at once, with 128 and
 * the number of the signal as its exit code.
 * @throws what `stop` throws
 */
export async function runUntilSignal(registry: Pick<RunningRegistry, 'stop'>): Promise<void> {
  await new Promise<void>((resolve) => {
    stopOnSignal(() => resolve());
  });
  await registry.stop();
}

function end(signal: EndingSignal): never {
  process.exit(128 + constants.signals[signal]);
}

function onSignals(handle: (signal: EndingSignal) => void): Disposable {
  const handlers = SIGNALS.map((signal) => ({ signal, handler: () => handle(signal) }));
  for (const { signal, handler } of handlers) process.on(signal, handler);
  return {
    [Symbol.dispose]: () => {
      for (const { signal, handler } of handlers) process.off(signal, handler);
    },
  };
}
