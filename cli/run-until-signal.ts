import { constants } from 'node:os';
import type { RunningRegistry } from '../server/lifecycle/running-registry.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Lets SIGTERM and SIGINT end the process at once, with 128 and the number of the signal as its exit code, until it is
 * disposed. Without it the first process of a container would not even notice them.
 */
export function endOnSignal(): Disposable {
  const ends = SIGNALS.map((signal) => ({ signal, end: () => process.exit(128 + constants.signals[signal]) }));
  for (const { signal, end } of ends) process.on(signal, end);
  return {
    [Symbol.dispose]: () => {
      for (const { signal, end } of ends) process.off(signal, end);
    },
  };
}

/**
 * Waits for SIGTERM or SIGINT, then stops the registry once. A second signal ends the process at once, with 128 and
 * the number of the signal as its exit code.
 * @throws what `stop` throws
 */
export async function runUntilSignal(registry: Pick<RunningRegistry, 'stop'>): Promise<void> {
  await new Promise<void>((resolve) => {
    let isStopping = false;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (isStopping) process.exit(128 + constants.signals[signal]);
        isStopping = true;
        resolve();
      });
    }
  });
  await registry.stop();
}
