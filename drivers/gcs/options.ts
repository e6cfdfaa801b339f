import { z } from 'zod';

const UNIT_BYTES = 256 * 1024;
/** With fewer concurrent calls a registry stalls; distribution also raises smaller numbers. */
const MIN_CALLS = 25;

const wholeNumber = z.preprocess(
  (value) => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value),
  z.int({ error: 'must be a whole number' }),
);

/** The section `storage.gcs` of the configuration. */
export const GcsOptions = z.strictObject({
  bucket: z
    .string({ error: 'must name a bucket that exists' })
    .min(1, 'must name a bucket that exists')
    .meta({ public: true, value: 'name', description: 'The bucket; it must exist.' }),
  keyfile: z.string().min(1, 'must name a file').optional().meta({
    public: true,
    value: 'file',
    description:
      'The JSON key file of a service account. Without it and `credentials`, application default credentials are used.',
  }),
  credentials: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ value: 'map', description: 'The content of such a key file; `keyfile` takes precedence.' }),
  rootdirectory: z.string().default('').meta({
    public: true,
    value: 'text',
    description: 'The prefix of every key; leading and trailing slashes do not matter.',
  }),
  chunksize: wholeNumber
    .refine((bytes) => bytes > 0 && bytes % UNIT_BYTES === 0, 'must be a multiple of 262144 (256 KiB), and not 0')
    .default(64 * UNIT_BYTES)
    .meta({
      public: true,
      value: 'bytes',
      description: 'The part of an upload that is buffered and sent in one request; a multiple of 262144 (256 KiB).',
    }),
  maxconcurrency: wholeNumber
    .default(50)
    .transform((calls) => Math.max(calls, MIN_CALLS))
    .meta({
      public: true,
      value: 'number of calls',
      description:
        'The number of concurrent calls, not counting content that is being read; less than 25 is raised to 25.',
    }),
  useragent: z
    .string()
    .min(1)
    .default('stowage')
    .meta({ public: true, value: 'text', description: 'The user agent that the registry sends to the service.' }),
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be a URL with http or https' })
    .optional()
    .meta({
      public: true,
      value: 'URL (http or https)',
      description: 'Another address of the service, such as a private endpoint or an emulator. Not in distribution.',
    }),
});

/** The values of the section, with its defaults. */
export type GcsOptions = z.output<typeof GcsOptions>;
