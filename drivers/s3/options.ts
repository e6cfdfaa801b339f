import { z } from 'zod';
import { STORE_NAMES } from './stores.ts';

const MIB = 2 ** 20;
/** The limits of S3 for a part. */
const MIN_PART_BYTES = 5 * MIB;
const MAX_PART_BYTES = 5 * 2 ** 30;
const CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'OUTPOSTS',
  'GLACIER_IR',
  'NONE',
] as const;
const ACLS = [
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
] as const;
const LOG_LEVELS = [
  'off',
  'debug',
  'debugwithsigning',
  'debugwithhttpbody',
  'debugwithrequestretries',
  'debugwithrequesterrors',
  'debugwitheventstreambody',
];
/** What Go's strconv.ParseBool reads, as distribution does. */
const FLAGS = new Map([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
]);

/** A key without a value has its default, as in distribution. */
const given = (value: unknown): unknown => (value === null || value === '' ? undefined : value);
/** YAML reads a name of digits as a number. */
const named = (value: unknown): unknown => (typeof value === 'number' ? String(value) : given(value));
const text = z.preprocess(named, z.string({ error: 'must be text' }).optional());
const flag = (initial: boolean) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? (FLAGS.get(value) ?? given(value)) : given(value)),
    z.boolean({ error: 'must be true or false' }).default(initial),
  );
const whole = (initial: number, least: number, most: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : given(value)),
    z
      .int({ error: 'must be a whole number' })
      .min(least, `must be at least ${least}`)
      .max(most, `must be at most ${most}`)
      .default(initial),
  );
const oneOf = <const Names extends readonly string[]>(names: Names) =>
  z.enum(names, { error: `must be one of ${names.join(', ')}` });
const origin = (value: string | undefined): boolean => {
  if (value === undefined) return true;
  if (!URL.canParse(value)) return false;
  const { protocol, pathname, search } = new URL(value);
  return /^https?:$/.test(protocol) && pathname === '/' && search === '';
};
const address = (value: string | undefined): boolean => {
  if (value === undefined) return true;
  const url = value.includes('://') ? value : `https://${value}`;
  if (!URL.canParse(url)) return false;
  const { protocol, search, hash } = new URL(url);
  return /^https?:$/.test(protocol) && search === '' && hash === '';
};

const Fields = z.strictObject({
  bucket: z
    .preprocess(named, z.string({ error: 'must name a bucket that exists' }))
    .meta({ public: true, value: 'name', description: 'The bucket; it must exist.' }),
  region: text.meta({
    public: true,
    value: 'name',
    description: 'The region of the bucket, such as `eu-central-1`; required without `regionendpoint`.',
  }),
  regionendpoint: text.refine(address, 'must be a URL with http or https, or a host, without a query').meta({
    public: true,
    value: 'URL or host',
    description: 'The address of a store other than Amazon S3, or of a private endpoint; it may have a path.',
  }),
  store: z.preprocess(given, oneOf(STORE_NAMES).optional()).meta({
    public: true,
    value: 'name',
    description: 'What the store is, if its address does not tell (see below). Not in distribution.',
  }),
  forcepathstyle: flag(false).meta({
    public: true,
    value: 'true or false',
    description: 'The bucket is in the path of a URL instead of its host; most stores of your own need it.',
  }),
  accesskey: text.meta({ value: 'text', description: 'The access key; without it, see _Credentials_ below.' }),
  secretkey: text.meta({ value: 'text', description: 'The secret key of `accesskey`.' }),
  sessiontoken: text.meta({ value: 'text', description: 'The session token, if the keys are temporary.' }),
  rootdirectory: z.preprocess(named, z.string({ error: 'must be text' }).default('')).meta({
    public: true,
    value: 'text',
    description: 'The prefix of every key; leading and trailing slashes do not matter.',
  }),
  encrypt: flag(false).meta({
    public: true,
    value: 'true or false',
    description: 'The service encrypts what is stored: with its own key (SSE-S3), or with `keyid` (SSE-KMS).',
  }),
  keyid: text.meta({ public: true, value: 'text', description: 'The key of KMS, with `encrypt: true`.' }),
  customerkey: text
    .refine(
      (value) => value === undefined || Buffer.from(value, 'base64').byteLength === 32,
      'must be 32 bytes in base64',
    )
    // The library would take text that lacks the padding, or has `-` and `_`, for the key itself.
    .transform((value) => value && Buffer.from(value, 'base64').toString('base64'))
    .meta({
      value: '32 bytes in base64',
      description: 'The service encrypts with this key and does not keep it (SSE-C). Not in distribution.',
    }),
  secure: flag(true).meta({
    public: true,
    value: 'true or false',
    description: 'HTTPS, unless `regionendpoint` has a scheme, which takes precedence.',
  }),
  skipverify: flag(false).meta({
    public: true,
    value: 'true or false',
    description: 'The certificate of the service is not checked.',
  }),
  v4auth: flag(true)
    .refine((value) => value, 'signatures of version 2 are not supported; remove v4auth')
    .meta({
      public: true,
      value: 'true or false',
      description: 'Requests have signatures of version 4; nothing else is supported.',
    }),
  chunksize: whole(10 * MIB, MIN_PART_BYTES, MAX_PART_BYTES).meta({
    public: true,
    value: 'bytes',
    description: 'The part of an upload that is buffered and sent in one request; from 5 MiB to 5 GiB.',
  }),
  multipartcopychunksize: whole(32 * MIB, MIN_PART_BYTES, MAX_PART_BYTES).meta({
    public: true,
    value: 'bytes',
    description: 'The part of an object that one request copies.',
  }),
  multipartcopymaxconcurrency: whole(100, 1, Number.MAX_SAFE_INTEGER).meta({
    public: true,
    value: 'number of calls',
    description: 'How many such parts are copied at a time; at most 200.',
  }),
  multipartcopythresholdsize: whole(32 * MIB, 0, MAX_PART_BYTES).meta({
    public: true,
    value: 'bytes',
    description: 'Larger objects are copied in parts.',
  }),
  storageclass: z
    .preprocess(
      (value) => given(typeof value === 'string' ? value.toUpperCase() : value),
      oneOf(CLASSES).default('STANDARD'),
    )
    .meta({
      public: true,
      value: 'name',
      description: `The class of what is stored: ${CLASSES.map((name) => `\`${name}\``).join(', ')}; with \`STANDARD\` and \`NONE\` the store decides.`,
    }),
  objectacl: z.preprocess(given, oneOf(ACLS).default('private')).meta({
    public: true,
    value: 'name',
    description: `The access of others to what is stored: ${ACLS.map((name) => `\`${name}\``).join(', ')}; \`private\` is not sent.`,
  }),
  useragent: z
    .preprocess(named, z.string({ error: 'must be text' }).default('stowage'))
    .meta({ public: true, value: 'text', description: 'What is added to the user agent.' }),
  usedualstack: flag(false).meta({
    public: true,
    value: 'true or false',
    description: 'Addresses of Amazon S3 that have IPv6; no effect with `regionendpoint`.',
  }),
  usefipsendpoint: flag(false).meta({
    public: true,
    value: 'true or false',
    description: 'Addresses of Amazon S3 with FIPS 140; no effect with `regionendpoint`.',
  }),
  accelerate: flag(false).meta({
    public: true,
    value: 'true or false',
    description: 'Transfer Acceleration of Amazon S3.',
  }),
  redirectendpoint: text.refine(origin, 'must be a URL with http or https, without a path or a query').meta({
    public: true,
    value: 'URL (http or https)',
    description:
      'The address to which clients are redirected, if it is another one than that of the registry; needs `forcepathstyle: true`, unless it stands for the bucket.',
  }),
  loglevel: z
    .preprocess(
      // As in distribution, whatever is none of the levels is `off`.
      (value) => LOG_LEVELS.find((level) => level === String(value).toLowerCase()),
      oneOf(LOG_LEVELS).default('off'),
    )
    .meta({
      public: true,
      value: 'name',
      description: 'Accepted (`off`, `debug`, …) without effect: the log of the registry has the failures.',
    }),
});

type Fields = z.output<typeof Fields>;
type CrossCheck = readonly [keyof Fields, (options: Fields) => boolean, string];

/** What options require of each other: the key that is wrong, when it is right, and the message. */
const CROSS_CHECKS: readonly CrossCheck[] = [
  [
    'region',
    ({ region, regionendpoint }) => region !== undefined || regionendpoint !== undefined,
    'must name the region of the bucket, such as eu-central-1; only with regionendpoint it may be absent',
  ],
  ['secretkey', ({ accesskey, secretkey }) => !accesskey || !!secretkey, 'is missing; accesskey needs it'],
  ['accesskey', ({ accesskey, secretkey }) => !secretkey || !!accesskey, 'is missing; secretkey needs it'],
  ['sessiontoken', ({ sessiontoken, accesskey }) => !sessiontoken || !!accesskey, 'needs accesskey and secretkey'],
  ['keyid', ({ keyid, encrypt }) => !keyid || encrypt, 'has no effect without encrypt: true'],
  ['customerkey', ({ customerkey, encrypt }) => !customerkey || !encrypt, 'excludes encrypt; use one of them'],
  ['accelerate', ({ accelerate, forcepathstyle }) => !accelerate || !forcepathstyle, 'excludes forcepathstyle'],
  ['accelerate', ({ accelerate, regionendpoint }) => !accelerate || !regionendpoint, 'excludes regionendpoint'],
];

/** The section `storage.s3` of the configuration. */
export const S3Options = CROSS_CHECKS.reduce(
  (schema, [key, isRight, message]) =>
    // Also when another option is wrong, so that all problems show at once.
    schema.refine(isRight, { path: [key], message, when: ({ value }) => typeof value === 'object' && value !== null }),
  Fields,
);

/** The values of the section, with its defaults. */
export type S3Options = z.output<typeof S3Options>;

/** The URL of `regionendpoint`; `undefined` for Amazon S3. */
export function endpointOf({
  regionendpoint,
  secure,
}: Pick<S3Options, 'regionendpoint' | 'secure'>): string | undefined {
  if (regionendpoint === undefined || regionendpoint.includes('://')) return regionendpoint;
  return `${secure ? 'https' : 'http'}://${regionendpoint}`;
}
