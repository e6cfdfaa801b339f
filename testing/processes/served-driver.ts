import { DRIVER_CONTRACT, defineDriver, type OptionsSchema } from '../../core/driver/index.ts';
import type { ConfiguredStore } from '../driver-case.ts';
import { FaultDriver } from '../fault-driver.ts';
import { openStore } from '../open-store.ts';

/** The configuration of a registry that the kit starts. */
export interface ServedStore extends ConfiguredStore {
  /** Every nth call fails, every second one of them only after it has had its effect. Default: none. */
  readonly faultEvery?: number;
}

const options: OptionsSchema<ServedStore> = {
  '~standard': { version: 1, vendor: 'stowage', validate: (value) => ({ value: value as ServedStore }) },
};

/** The driver under test, as a registry in another process names it: with the base folder and the faults of the kit. */
export default defineDriver({
  name: 'driver-under-test',
  contract: DRIVER_CONTRACT,
  options,
  create: async ({ faultEvery, ...store }) => {
    const driver = await openStore(store);
    if (faultEvery === undefined) return driver;
    let calls = 0;
    return new FaultDriver(driver, () => {
      calls += 1;
      if (calls % faultEvery !== 0) return undefined;
      return calls % (2 * faultEvery) === 0 ? 'lost' : 'failed';
    });
  },
});
