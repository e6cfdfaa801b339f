import { z } from 'zod';

/** A key without a value has its default, as in distribution. */
const given = (value: unknown): unknown => (value === null || value === '' ? undefined : value);
/** YAML reads a name of digits, and the time 0, as a number. */
const named = (value: unknown): unknown => (typeof value === 'number' ? String(value) : given(value));
const text = z.preprocess(named, z.string({ error: 'must be text' }).optional());

const wholeNumber = z.preprocess(
  (value) => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : given(value)),
  z.int({ error: 'must be a whole number' }).min(-1, 'must be -1 or more').optional(),
);

const switchedOn = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : given(value)),
  z.boolean({ error: 'must be true or false' }).default(false),
);

const duration = z.preprocess(
  named,
  z
    .string({ error: 'must be a time such as 100ms' })
    .refine((time) => millisecondsOf(time) !== undefined, { error: 'must be a time such as 100ms or 1s' })
    .optional(),
);

const Credentials = z.strictObject({
  type: z
    .enum(['shared_key', 'client_secret', 'default_credentials'], {
      error: 'must be shared_key, client_secret or default_credentials',
    })
    .meta({ public: true }),
  clientid: text.meta({ public: true }),
  tenantid: text.meta({ public: true }),
  secret: text,
});

const NAMED = 'must name a storage account';
const polls =
  'How often a copy that makes no progress is asked about before it fails; -1 lets it fail unless it is finished at once.';
const pause = 'The pause before the first of these questions; before the n-th it is n times as long.';

const Shape = z.strictObject({
  accountname: z
    .string({ error: NAMED })
    .regex(/^[a-z0-9]+$/, `${NAMED}: lower-case letters and digits`)
    .meta({ public: true, value: 'name', description: 'The storage account.' }),
  container: z
    .string({ error: 'must name a container that exists' })
    .min(1, 'must name a container that exists')
    .meta({ public: true, value: 'name', description: 'The container; it must exist.' }),
  accountkey: z
    .preprocess(
      // A file of a secret often ends with a line break.
      (value) => given(typeof value === 'string' ? value.replace(/[\r\n]/g, '') : value),
      z
        .string({ error: 'must be text' })
        .refine((key) => Buffer.from(key, 'base64').toString('base64') === key, {
          error: 'must be one of the two keys of the account, in base64',
        })
        .optional(),
    )
    .meta({ value: 'text', description: 'One of the two keys of the account, for the credentials `shared_key`.' }),
  credentials: z.preprocess(given, Credentials.optional()).meta({
    value: 'map',
    description:
      '`type`: `shared_key` (with `accountkey`; the default), `client_secret` (with `clientid`, `tenantid` and `secret`) or `default_credentials`.',
  }),
  rootdirectory: z.preprocess(named, z.string({ error: 'must be text' }).default('')).meta({
    public: true,
    value: 'text',
    description: 'The prefix of every key; leading and trailing slashes do not matter.',
  }),
  realm: z.preprocess(given, z.string({ error: 'must be text' }).default('core.windows.net')).meta({
    public: true,
    value: 'domain',
    description:
      'The domain of the cloud: `core.chinacloudapi.cn` for China, `core.usgovcloudapi.net` for Azure Government.',
  }),
  serviceurl: z
    .preprocess(
      given,
      z
        .url({ protocol: /^https?$/, error: 'must be a URL with http or https' })
        .transform((url) => url.replace(/(?<!\/)\/+$/, ''))
        .optional(),
    )
    .meta({
      public: true,
      value: 'URL (http or https)',
      default: '`https://<accountname>.blob.<realm>`',
      description: 'Another address of the account, such as an emulator.',
    }),
  skipverify: switchedOn.meta({
    public: true,
    value: 'true or false',
    description: 'Whether any certificate of the service is accepted. For emulators only.',
  }),
  max_retries: wholeNumber.meta({ public: true, value: 'number', default: '`5`', description: polls }),
  retry_delay: duration.meta({ public: true, value: 'time', default: '`100ms`', description: pause }),
  copy_status_poll_max_retry: wholeNumber.meta({
    public: true,
    value: 'number',
    description: 'The name of `max_retries` in early versions of distribution.',
  }),
  copy_status_poll_delay: duration.meta({
    public: true,
    value: 'time',
    description: 'The name of `retry_delay` in early versions of distribution.',
  }),
  connectionstring: text.meta({
    value: 'text',
    description: 'Accepted, but not used, as in distribution.',
  }),
});

/** A time as Go reads it, in milliseconds; `undefined` for anything else, and for a time below zero. */
export function millisecondsOf(time: string): number | undefined {
  if (/^[+-]?0$/.test(time)) return 0;
  if (!/^\+?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/.test(time)) return undefined;
  const parts = time.matchAll(/(?<![\d.])([\d.]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g);
  return [...parts].reduce((sum, [, value, unit = '']) => sum + Number(value) * (UNITS[unit] ?? 0), 0);
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  // The sign for micro, and the letter of Greek.
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** What options must be together; each is checked even if another one is wrong. */
interface Rule {
  readonly path: readonly string[];
  readonly error: string;
  readonly holds: (options: z.output<typeof Shape>) => boolean;
}

const RULES: readonly Rule[] = [
  {
    path: ['accountkey'],
    error: 'must be a key of the account, unless credentials have another type than shared_key',
    holds: ({ accountkey, credentials }) => accountkey !== undefined || typeOf(credentials) !== 'shared_key',
  },
  ...(['clientid', 'tenantid', 'secret'] as const).map((name) => ({
    path: ['credentials', name],
    error: 'is required with the type client_secret',
    holds: ({ credentials }: z.output<typeof Shape>) =>
      typeOf(credentials) !== 'client_secret' || credentials?.[name] !== undefined,
  })),
  ...(
    [
      ['copy_status_poll_max_retry', 'max_retries'],
      ['copy_status_poll_delay', 'retry_delay'],
    ] as const
  ).map(([early, name]) => ({
    path: [early],
    error: `is another name of ${name}: remove one of them`,
    holds: (options: z.output<typeof Shape>) => options[early] === undefined || options[name] === undefined,
  })),
];

/** The section `storage.azure` of the configuration. */
export const AzureOptions = RULES.reduce(
  (schema, { path, error, holds }) => schema.refine(holds, { path: [...path], error, when: isMap }),
  Shape,
);

/** The values of the section, with its defaults. */
export type AzureOptions = z.output<typeof Shape>;

function isMap({ value }: { readonly value: unknown }): boolean {
  return typeof value === 'object' && value !== null;
}

function typeOf(credentials: z.output<typeof Credentials> | undefined): string {
  return credentials?.type ?? 'shared_key';
}
