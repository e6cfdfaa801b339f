import { DRIVER_CONTRACT, defineDriver } from '../../../../../core/driver/index.ts';
import filesystem from '../../../../../drivers/filesystem/index.ts';
import encrypt from '../../../../../plugins/wrappers/encrypt/index.ts';
import { wrap } from '../wrap.ts';

/** The key of every store in these tests, in base64. */
export const KEY = Buffer.alloc(32, 'key').toString('base64');

/** The filesystem driver with encryption, for other processes. */
export default defineDriver({
  name: 'encrypted-filesystem',
  contract: DRIVER_CONTRACT,
  options: filesystem.options,
  create: async (options, context) => {
    const driver = await filesystem.create(options, context);
    return wrap(driver, { definition: encrypt, options: { keys: [{ id: 'only', value: KEY }] } });
  },
});
