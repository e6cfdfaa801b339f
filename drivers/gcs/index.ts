import { z } from 'zod';
import { DRIVER_CONTRACT, defineDriver } from '../../core/driver/index.ts';

const UNIT_BYTES = 256 * 1024;
/** Fewer calls at once make a registry stall; distribution raises smaller numbers too. */
const LEAST_CALLS = 25;

const wholeNumber = z.preprocess(
  (value) => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value),
  z.int({ error: 'must be a whole number' }),
);

const GcsOptions = z.strictObject({
  /** The bucket; it must exist. */
  bucket: z.string({ error: 'must name a bucket that exists' }).min(1, 'must name a bucket that exists'),
  /** A file with the JSON key of a service account. Without it and `credentials`, application default credentials. */
  keyfile: z.string().min(1, 'must name a file').optional(),
  /** The content of such a file; `keyfile` goes first. */
  credentials: z.record(z.string(), z.unknown()).optional(),
  /** What every key begins with. */
  rootdirectory: z.string().default(''),
  /** Bytes of an upload that are gathered and sent at once; a multiple of 262144. */
  chunksize: wholeNumber
    .refine((bytes) => bytes > 0 && bytes % UNIT_BYTES === 0, 'must be a multiple of 262144 (256 KiB), and not 0')
    .default(64 * UNIT_BYTES),
  /** How many calls run at once, streams that are read not counted; at least 25. */
  maxconcurrency: wholeNumber.default(50).transform((calls) => Math.max(calls, LEAST_CALLS)),
  /** How the registry names itself to the service. */
  useragent: z.string().min(1).default('stowage'),
  /** Another address of the service, for a private endpoint or an emulator. */
  endpoint: z.url({ protocol: /^https?$/, error: 'must be a URL with http or https' }).optional(),
});

export type GcsOptions = z.output<typeof GcsOptions>;

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
