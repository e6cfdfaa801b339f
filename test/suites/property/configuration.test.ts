import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { ConfigurationError, type Environment, loadConfiguration } from '../../../server/config/index.ts';
import { holds } from './property.ts';
import { anyText, nearly } from './texts.ts';

const MINIMAL = 'version: 0.1\nstorage: {inmemory: {}}\n';
const SAMPLE = readFileSync(new URL('../../../../config.yml', import.meta.url), 'utf8');

const load = (text: string, env: Environment = {}) => loadConfiguration({ path: 'config.yml', text, env });

/**
 * Loads a configuration that may be wrong: the only failure is a ConfigurationError that names a place and a problem.
 */
async function loadOrRefuse(text: string, env: Environment = {}): Promise<string[] | undefined> {
  try {
    await load(text, env);
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    assert.ok(error.problems.length > 0);
    for (const { file, message } of error.problems) {
      assert.equal(file, 'config.yml');
      assert.ok(message.length > 0);
    }
    return error.problems.map(({ message }) => message);
  }
}

const WORDS = [
  ...[
    'version',
    'log',
    'level',
    'storage',
    'filesystem',
    'inmemory',
    'rootdirectory',
    'maxthreads',
    'delete',
    'enabled',
  ],
  ...['maintenance', 'readonly', 'cache', 'redirect', 'disable', 'http', 'addr', 'net', 'secret', 'secrets', 'host'],
  ...[
    'prefix',
    'headers',
    'tls',
    'certificate',
    'key',
    'clientcas',
    'minimumtls',
    'ciphersuites',
    'letsencrypt',
    'auth',
  ],
  ...['htpasswd', 'realm', 'path', 'silly', 'service', 'validation', 'manifests', 'urls', 'allow', 'deny', 'indexes'],
  ...[
    'platforms',
    'platformlist',
    'os',
    'architecture',
    'draintimeout',
    'timeouts',
    'idle',
    'maxmanifestsize',
    'debug',
  ],
  ...['redis', 'notifications', 'endpoints', 'health', 'proxy', 'catalog', 'maxentries', 'tags', 'middleware', 'name'],
  ...['registry', 'repository', 'options', 'reporting', 'policy', 'loglevel', 'relativeurls', 'maxtokenage', '<<', '0'],
];
const VALUES = [
  '0.1',
  0.1,
  '1.0',
  true,
  'yes',
  '30s',
  '4MiB',
  '0',
  -1,
  1e400,
  '',
  null,
  ':5000',
  'unix',
  'info',
  '/tmp',
];
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(fc.constantFrom<unknown>(...VALUES), anyText, fc.double()),
    fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...WORDS) }, anyText), tie('tree'), { maxKeys: 5 }),
    fc.array(tie('tree'), { maxLength: 3 }),
  ),
}));
const sections = fc.dictionary(fc.constantFrom(...WORDS), tree, { maxKeys: 5 });

holds('any tree of keys and values is a configuration or refused with its problems', 250, () =>
  fc.asyncProperty(sections, fc.boolean(), async (given, isComplete) => {
    const known = isComplete ? { version: 0.1, storage: { inmemory: {} } } : {};
    await loadOrRefuse(JSON.stringify({ ...given, ...known }));
  }),
);

holds('any text is a configuration or refused with its problems', 250, () =>
  fc.asyncProperty(
    fc.oneof(
      nearly(fc.constantFrom(SAMPLE, MINIMAL)),
      anyText,
      fc
        .array(
          fc.constantFrom(
            'a',
            ':',
            ' ',
            '\n',
            '- ',
            '&a ',
            '*a',
            '<<: ',
            '{',
            '}',
            '[',
            ']',
            '!!x ',
            '"',
            '? ',
            '|',
            '#',
          ),
          { maxLength: 20 },
        )
        .map((parts) => parts.join('')),
    ),
    async (text) => void (await loadOrRefuse(text)),
  ),
);

const UNITS = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const part = fc.tuple(fc.nat({ max: 999 }), fc.constantFrom<(keyof typeof UNITS)[]>('h', 'm', 's', 'ms'));

/** No timer takes more. */
const MAX_WAIT_MS = 2 ** 31 - 1;

holds('a duration is the sum of its parts', 100, () =>
  fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '+'), async (parts, sign) => {
    const text = sign + parts.map(([amount, unit]) => `${amount}${unit}`).join('');
    const { configuration } = await load(`${MINIMAL}http: {draintimeout: ${text}}\n`);
    const sum = parts.reduce((total, [amount, unit]) => total + amount * UNITS[unit], 0);
    assert.equal(configuration.http.drainTimeoutMs, Math.min(sum, MAX_WAIT_MS));
  }),
);

const SIZES = { '': 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

holds('a size is its number of units, in any case', 100, () =>
  fc.asyncProperty(
    fc.integer({ min: 1, max: 9999 }),
    fc.constantFrom(...(Object.keys(SIZES) as (keyof typeof SIZES)[])),
    fc.constantFrom('', ' '),
    fc.boolean(),
    async (amount, unit, space, isLower) => {
      const text = `${amount}${unit === '' ? '' : space}${isLower ? unit.toLowerCase() : unit}`;
      const { configuration } = await load(`${MINIMAL}http: {maxmanifestsize: ${text}}\n`);
      assert.equal(configuration.http.maxManifestBytes, amount * SIZES[unit]);
    },
  ),
);

holds('a text that is neither a duration nor a size is refused, never taken for a number', 150, () =>
  fc.asyncProperty(nearly(fc.constantFrom('1h30m', '300ms', '4MiB', '10', '1.5h')), async (text) => {
    const yaml = (key: string) => JSON.stringify({ version: 0.1, storage: { inmemory: {} }, http: { [key]: text } });
    for (const key of ['draintimeout', 'maxmanifestsize']) {
      if ((await loadOrRefuse(yaml(key))) !== undefined) continue;
      const { http } = (await load(yaml(key))).configuration;
      const value = key === 'draintimeout' ? http.drainTimeoutMs : http.maxManifestBytes;
      assert.ok(Number.isFinite(value) && value >= 0, `${text} is ${value}`);
      assert.match(text, /[0-9]/);
    }
  }),
);

const variable = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...WORDS) }, anyText), { minLength: 1, maxLength: 4 })
  .map((parts) => `REGISTRY_${parts.join('_').toUpperCase()}`);
const environment = fc.dictionary(
  variable,
  fc.oneof(fc.constantFrom(...VALUES).map(String), anyText, fc.json({ maxDepth: 2 })),
  {
    maxKeys: 4,
  },
);

holds('any variables change the configuration, are ignored with a warning, or refuse the start', 250, () =>
  fc.asyncProperty(environment, fc.constantFrom(MINIMAL, SAMPLE), async (env, text) => {
    await loadOrRefuse(text, env);
  }),
);

const setting = fc.oneof(
  fc.constantFrom('debug', 'info', 'warn', 'error').map((value) => ['log', 'level', value] as const),
  fc.integer({ min: 0, max: 3600 }).map((value) => ['http', 'draintimeout', `${value}s`] as const),
  fc.integer({ min: 1, max: 65_535 }).map((port) => ['http', 'addr', `127.0.0.1:${port}`] as const),
  fc.constantFrom('/a', '/a/b').map((value) => ['http', 'prefix', value] as const),
  fc.integer({ min: 1, max: 1000 }).map((value) => ['catalog', 'maxentries', String(value)] as const),
  fc.boolean().map((value) => ['http', 'relativeurls', String(value)] as const),
);

holds('a variable does what the same key in the file does', 100, () =>
  fc.asyncProperty(fc.uniqueArray(setting, { selector: ([, key]) => key, maxLength: 5 }), async (settings) => {
    const env = Object.fromEntries(
      settings.map(([section, key, value]) => [`REGISTRY_${section}_${key}`.toUpperCase(), value]),
    );
    const sectionsOf = Map.groupBy(settings, ([section]) => section);
    const file = [...sectionsOf].map(
      ([section, lines]) => `${section}:\n${lines.map(([, key, value]) => `  ${key}: ${value}\n`).join('')}`,
    );
    assert.deepEqual((await load(MINIMAL, env)).configuration, (await load(MINIMAL + file.join(''))).configuration);
  }),
);
