import { DRIVER_CONTRACT, defineDriver, type OptionsSchema } from '../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import readonly from '../../../../plugins/wrappers/readonly.ts';
import { wrap } from './wrap.ts';

const shared = new MemoryDriver();

const options: OptionsSchema<{ wrapped: boolean }> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as { wrapped: boolean } }) },
};

/** One content for all registries of this process, with or without the wrapper `readonly` in front of it. */
export default defineDriver({
  name: 'shared',
  contract: DRIVER_CONTRACT,
  options,
  create: async ({ wrapped }) => (wrapped ? wrap(shared, { definition: readonly }) : shared),
});
