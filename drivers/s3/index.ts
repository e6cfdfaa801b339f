import { z } from 'zod';
import { DRIVER_CONTRACT, defineDriver } from '../../core/driver/index.ts';
import { S3Options } from './options.ts';
import { missingLibrary } from './start-error.ts';

/** Loads Amazon's library only when the driver is used. */
const loadLibrary = () =>
  import('./open-driver.ts').catch((error: unknown) => {
    throw missingLibrary(error);
  });

/** `storage: { s3: … }` in the configuration. */
export default defineDriver({
  name: 's3',
  contract: DRIVER_CONTRACT,
  options: z.preprocess((value) => value ?? {}, S3Options),
  create: async (options: S3Options, { signal, warn }) => {
    const { openDriver } = await loadLibrary();
    return openDriver(options, { signal, warn });
  },
});
