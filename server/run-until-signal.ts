import { constants } from 'node:os';
import type { RunningRegistry } from './main.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

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
