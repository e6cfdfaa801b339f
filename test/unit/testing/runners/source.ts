import memory from '../../../../drivers/memory/index.ts';
import type { DriverSuiteOptions } from '../../../../testing/index.ts';
import { BROKEN_DRIVERS } from '../broken-drivers.ts';

/** The memory driver in all groups, or with `KIT_DRIVER=broken` one that lists in another order, in a single group. */
export function source(): Omit<DriverSuiteOptions, 'test'> {
  const Broken = BROKEN_DRIVERS.find(([what]) => what === 'lists in another order')?.[2];
  const isBroken = process.env['KIT_DRIVER'] === 'broken' && Broken !== undefined;
  return {
    groups: isBroken ? ['ordering'] : undefined,
    module: new URL('../../../../drivers/memory/index.js', import.meta.url).href,
    create: async () => {
      const driver = isBroken ? new Broken() : await memory.create({}, { baseFolder: '.', warn: () => undefined });
      return { driver, dispose: async () => driver[Symbol.asyncDispose]() };
    },
  };
}
