import { DRIVER_CONTRACT, defineDriver, type OptionsSchema, type StorageDriver } from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';

/** The path by which a configuration names this driver. */
export const COARSE_DRIVER = new URL('coarse-driver.js', import.meta.url).pathname;

/** The smallest part that it claims to store without waste, in bytes. */
export const COARSE_BYTES = 5 * 1024 * 1024;

const options: OptionsSchema<unknown> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
};

/** The memory driver, as if it stored uploads in parts as object stores do. */
export default defineDriver({
  name: 'coarse',
  contract: DRIVER_CONTRACT,
  options,
  create: async (): Promise<StorageDriver> => {
    const driver = new MemoryDriver();
    return Object.defineProperty(driver, 'capabilities', {
      value: { ...driver.capabilities, minAppendBytes: COARSE_BYTES },
    });
  },
});
