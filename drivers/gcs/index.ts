import { z } from 'zod';
import { DRIVER_CONTRACT, defineDriver } from '../../core/driver/index.ts';
import { GcsOptions } from './options.ts';

/** Only who uses the driver pays for the library of Google. */
const loadLibrary = () => import('./open-driver.ts');

/** `storage: { gcs: … }` in the configuration. */
export default defineDriver({
  name: 'gcs',
  contract: DRIVER_CONTRACT,
  options: z.preprocess((value) => value ?? {}, GcsOptions),
  create: async (options: GcsOptions) => {
    const { openDriver } = await loadLibrary();
    return openDriver(options);
  },
});
