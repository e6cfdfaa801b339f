import { z } from 'zod';
import { DRIVER_CONTRACT, defineDriver } from '../../core/driver/index.ts';
import { GcsOptions } from './options.ts';

/** Loads Google's library only when the driver is used. */
const loadLibrary = () => import('./open-driver.ts');

/** `storage: { gcs: … }` in the configuration. */
export default defineDriver({
  name: 'gcs',
  contract: DRIVER_CONTRACT,
  options: z.preprocess((value) => value ?? {}, GcsOptions),
  create: async (options: GcsOptions, { signal }) => {
    const { openDriver } = await loadLibrary();
    return openDriver(options, { signal });
  },
});
