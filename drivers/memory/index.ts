import { z } from 'zod';
import { DRIVER_CONTRACT, defineDriver } from '../../core/driver/index.ts';
import { MemoryDriver } from './memory-driver.ts';

/** `storage: { inmemory: }` in the configuration; it takes no options. */
export default defineDriver({
  name: 'inmemory',
  contract: DRIVER_CONTRACT,
  options: z.strictObject({}).nullish(),
  create: async () => new MemoryDriver(),
});
