import { z } from 'zod';
import { DRIVER_CONTRACT, defineDriver } from '../../../core/driver/index.ts';
import { openGcs } from './gcs-driver.ts';

/** The path by which a configuration names this driver below `storage`. */
export const IMPATIENT_GCS = new URL('impatient-gcs.js', import.meta.url).pathname;

/** A silent service is abandoned after so long without a byte: long enough for a busy machine to open the driver. */
const IDLE_MS = 1_500;

/** The driver of Cloud Storage with shorter time limits, for which there is no option. */
export default defineDriver({
  name: 'impatient-gcs',
  contract: DRIVER_CONTRACT,
  options: z.strictObject({ bucket: z.string(), endpoint: z.string() }),
  create: ({ bucket, endpoint }) => openGcs(bucket, endpoint, {}, { idleMs: IDLE_MS }),
});
