import test from 'ava';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import type { PluginDefinition } from '../../../../plugins/plugin.ts';
import { driverSuite } from '../../../../testing/driver-suite.ts';
import { atLength } from '../../../helpers/running/length.ts';
import { BACKENDS, newBackend, wrap } from './wrap.ts';

/** The parts of a wrapper for one case, and what is released after it. */
export interface Prepared {
  readonly options: unknown;
  readonly release?: () => Promise<void>;
}

/** Runs the driver suite with the wrapper on top of memory and of the filesystem driver. */
export function wrapperSuite<Options>(
  definition: PluginDefinition<Options>,
  prepare: (backend: StorageDriver) => Promise<Prepared>,
): void {
  for (const backend of BACKENDS) {
    driverSuite({
      groups: atLength({ full: undefined, short: backend === 'memory' ? undefined : ['contract'] }),
      test: (title, run) => test(`on ${backend}: ${title}`, (t) => t.notThrowsAsync(run)),
      create: async () => {
        const { driver: inner, remove } = await newBackend(backend);
        const { options, release } = await prepare(inner);
        const driver = await wrap(inner, { definition, options });
        const dispose = async (): Promise<void> => {
          await driver[Symbol.asyncDispose]();
          await release?.();
          await remove();
        };
        return { driver, dispose };
      },
    });
  }
}
