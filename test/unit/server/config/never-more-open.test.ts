import test from 'ava';
import { load, MINIMAL, problemsOf } from './loading.ts';

const HTPASSWD = `${MINIMAL}auth: {htpasswd: {realm: r, path: p}}\n`;

test('a second YAML document is refused, even in a variable', async (t) => {
  for (const text of [`${MINIMAL}---\nauth: {silly: {}}\n`, `${MINIMAL}---\n`, `---\n${MINIMAL}---\n${MINIMAL}`]) {
    const found = await problemsOf(text);
    t.is(found.length, 1);
    t.regex(
      found[0] ?? '',
      /^config\.yml:[34]: a second document begins here \(---\); a configuration is one document$/,
    );
  }
  t.deepEqual(await problemsOf(MINIMAL, { REGISTRY_AUTH: 'silly: {}\n---\nx: 1' }), [
    'REGISTRY_AUTH: auth: the value is not valid YAML; put it into quotes',
  ]);
});

test('markers around a single document do not count as a second one', async (t) => {
  await t.notThrowsAsync(load(`# first\n---\n${MINIMAL}...\n# last\n`));
});

const NO_KIND = 'names no kind of access control; name one, or write auth: none to allow everyone';

for (const value of ['', '~', 'null', '{}']) {
  test(`REGISTRY_AUTH=${value} is refused, whether the file has access control or not`, async (t) => {
    for (const text of [MINIMAL, HTPASSWD]) {
      t.deepEqual(await problemsOf(text, { REGISTRY_AUTH: value }), [`REGISTRY_AUTH: auth: ${NO_KIND}`]);
    }
  });
}

test('REGISTRY_AUTH= together with variables of a kind is accepted', async (t) => {
  const { configuration } = await load(HTPASSWD, { REGISTRY_AUTH: '', REGISTRY_AUTH_SILLY_REALM: 'x' });
  t.deepEqual(configuration.auth, [{ name: 'silly', options: { realm: 'x' } }]);
});

test('REGISTRY_AUTH=none opens a registry, because it says so', async (t) => {
  t.deepEqual((await load(HTPASSWD, { REGISTRY_AUTH: 'none' })).configuration.auth, []);
});

for (const [name, message] of [
  ['REGISTRY_AUHT_HTPASSWD_REALM', 'did you mean REGISTRY_AUTH_HTPASSWD_REALM?'],
  ['REGISTRY_AUHT', 'did you mean REGISTRY_AUTH?'],
  ['REGISTRY_AUTHS_HTPASSWD_PATH', 'did you mean REGISTRY_AUTH_HTPASSWD_PATH?'],
  ['REGISTRY_AUTHENTICATION_HTPASSWD_PATH', 'it names no key of the configuration'],
  ['REGISTRY_HTPASSWD_PATH', 'it names no key of the configuration'],
  ['REGISTRY_HTTP_AUTH_HTPASSWD_PATH', 'it names no key of the configuration'],
  ['REGISTRY_AUTH__HTPASSWD_PATH', 'a part of its name is empty'],
  ['REGISTRY_PROXI_REMOTEURL', 'did you mean REGISTRY_PROXY_REMOTEURL?'],
  ['REGISTRY_PROXY_REMOTEURI', 'did you mean REGISTRY_PROXY_REMOTEURL?'],
  ['REGISTRY_HTTP_TLS_CERTIFICAT', 'did you mean REGISTRY_HTTP_TLS_CERTIFICATE?'],
  ['REGISTRY_HTTP_TLS_CLIENTCERTS_0', 'it names no key of the configuration'],
  ['REGISTRY_REDIS_TLS_ENABLE', 'did you mean REGISTRY_REDIS_TLS_ENABLED?'],
  ['REGISTRY_STORAGE_MAINTENANCE_READONY_ENABLED', 'did you mean REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED?'],
  ['REGISTRY_STORAGE_DELETE_ENABLE', 'did you mean REGISTRY_STORAGE_DELETE_ENABLED?'],
  ['REGISTRY_VALIDATION_DISABLE', 'did you mean REGISTRY_VALIDATION_DISABLED?'],
  ['REGISTRY_READONLY', 'it names no key of the configuration'],
] as const) {
  test(`${name} stops the start, because it resembles a key that protects something`, async (t) => {
    const found = await problemsOf(MINIMAL, { [name]: 'true' });
    t.deepEqual(found, [`${name}: ${message}`]);
  });
}

for (const [name, key] of [
  ['REGISTRY_AUTH_HTPASWD_PATH', 'auth.htpaswd: unknown key, did you mean "htpasswd"?'],
  ['REGISTRY_AUTH_HTPASSWDD_PATH', 'auth.htpasswdd: unknown key, did you mean "htpasswd"?'],
] as const) {
  test(`${name} beside a file with htpasswd is refused`, async (t) => {
    t.deepEqual(await problemsOf(HTPASSWD, { [name]: 'x' }), [`${name}: ${key}`]);
  });
}

for (const key of [
  'http.tls',
  'http.tls.certificate',
  'http.tls.key',
  'http.tls.clientcas',
  'http.tls.clientauth',
  'redis.tls',
  'redis.tls.rootcas',
  'storage.maintenance.readonly',
  'storage.maintenance.readonly.enabled',
  'validation.manifests.urls.allow',
  'validation.manifests.urls.deny',
  'middleware.storage',
]) {
  test(`${key} without a value is refused instead of ignored`, async (t) => {
    const parts = key.split('.');
    const flow = parts.slice(1).reduceRight((inner, part) => `{${part}: ${inner}}`, '');
    const text =
      parts[0] === 'storage'
        ? `version: 0.1\nstorage: {inmemory: {}, ${flow.slice(1)}\n`
        : `${MINIMAL}${parts[0]}: ${flow}\n`;
    const found = await problemsOf(text);
    t.true(
      found.some((line) => line.endsWith(`: ${key}: has no value; give it one, or remove the key`)),
      found.join('\n'),
    );
  });
}

for (const tls of ['{}', '{certificate: "", key: ""}']) {
  test(`http.tls: ${tls} does not start plain HTTP`, async (t) => {
    const found = await problemsOf(`${MINIMAL}http: {tls: ${tls}}\n`);
    t.true(found.length > 0 && found.every((line) => line.includes(': http.tls') && line.includes('has no value; ')));
  });
}

const PROTECTED = `version: 0.1
storage: {inmemory: {}, maintenance: {readonly: {enabled: true}}}
http:
  addr: 127.0.0.1:5000
  secret: s
  secrets: [old]
  tokenprovider: redis
  tls: {certificate: c, key: k, clientcas: [a], minimumtls: tls1.3, ciphersuites: [TLS_AES_128_GCM_SHA256]}
redis: {addrs: ["a:1"], password: S3cret, sentinelpassword: S3cret, mastername: m, tls: {enabled: true}}
validation: {manifests: {urls: {deny: ["x"]}}}
middleware: {storage: [{name: readonly}]}
plugins: [./access.mjs]
`;

for (const [variables, places] of [
  [{ REGISTRY_HTTP_TLS_CERTIFICATE: '', REGISTRY_HTTP_TLS_KEY: '' }, ['http.tls.certificate', 'http.tls.key']],
  [{ REGISTRY_HTTP_TLS: '' }, ['http.tls']],
  [{ REGISTRY_HTTP: '{addr: ":1"}' }, ['http.tls']],
  [{ REGISTRY_HTTP_ADDR: '' }, ['http.addr']],
  [{ REGISTRY_HTTP_SECRET: '' }, ['http.secret']],
  [{ REGISTRY_HTTP_SECRETS: '[]' }, ['http.secrets']],
  [{ REGISTRY_HTTP_TOKENPROVIDER: '' }, ['http.tokenprovider']],
  [{ REGISTRY_HTTP_TLS_MINIMUMTLS: '' }, ['http.tls.minimumtls']],
  [{ REGISTRY_HTTP_TLS_CIPHERSUITES: '' }, ['http.tls.ciphersuites']],
  [{ REGISTRY_REDIS_ADDRS: '' }, ['redis.addrs']],
  [{ REGISTRY_REDIS_SENTINELPASSWORD: '' }, ['redis.sentinelpassword']],
  [{ REGISTRY_HTTP_TLS_CLIENTCAS: '' }, ['http.tls.clientcas']],
  [{ REGISTRY_HTTP_TLS_CLIENTCAS: '[]' }, ['http.tls.clientcas']],
  [{ REGISTRY_STORAGE: 'inmemory' }, ['storage.maintenance.readonly']],
  [{ REGISTRY_STORAGE_MAINTENANCE: '' }, ['storage.maintenance.readonly']],
  [{ REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED: '' }, ['storage.maintenance.readonly.enabled']],
  [{ REGISTRY_REDIS_TLS: '{}' }, ['redis.tls']],
  [{ REGISTRY_REDIS_PASSWORD: '' }, ['redis.password']],
  [{ REGISTRY_VALIDATION: '' }, ['validation.manifests.urls.deny']],
  [{ REGISTRY_MIDDLEWARE: '' }, ['middleware.storage']],
  [{ REGISTRY_PLUGINS: '[]' }, ['plugins']],
] as const) {
  test(`${Object.entries(variables).join(' ').replaceAll(',', '=')} removes a protection of the file, and is refused`, async (t) => {
    const found = await problemsOf(PROTECTED, variables);
    for (const [index, place] of places.entries()) {
      t.true(
        found.some((line) =>
          line.startsWith(`${Object.keys(variables)[index]}: ${place}: is set in the file (config.yml:`),
        ),
        found.join('\n'),
      );
    }
  });
}

test('an empty variable does not move a driver away from the place in the file', async (t) => {
  const text = 'version: 0.1\nstorage: {filesystem: {rootdirectory: /data}}\n';
  t.deepEqual(await problemsOf(text, { REGISTRY_STORAGE_FILESYSTEM: '' }), [
    'REGISTRY_STORAGE_FILESYSTEM: storage.filesystem: is set in the file (config.yml:2), and this variable would take it away; change the file instead',
  ]);
  t.is((await problemsOf(text, { REGISTRY_STORAGE_FILESYSTEM: '{}' })).length, 1);
  const { configuration } = await load(text, { REGISTRY_STORAGE: 'inmemory' });
  t.is(configuration.storage.driver.name, 'inmemory');
});

test('a variable that contradicts the file is obeyed', async (t) => {
  const { configuration } = await load(PROTECTED, {
    REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED: 'false',
    REGISTRY_REDIS_TLS_ENABLED: 'false',
  });
  t.false(configuration.storage.readOnly);
  t.is(configuration.redis?.tls, undefined);
});

test('empty variables for keys that the file lacks remove nothing', async (t) => {
  const { configuration } = await load(MINIMAL, {
    REGISTRY_HTTP_ADDR: '',
    REGISTRY_HTTP_SECRET: '',
    REGISTRY_HTTP_TLS_CERTIFICATE: '',
    REGISTRY_HTTP_TLS_KEY: '',
    REGISTRY_PROXY_REMOTEURL: '',
    REGISTRY_NOTIFICATIONS_ENDPOINTS: '',
    REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED: '',
  });
  t.is(configuration.http.tls, undefined);
});

const MIRROR =
  'this version cannot be the mirror of another registry; remove the section to run a registry of its own, which is empty and can be written to';

test('a file for a mirror never starts, however little of it is left', async (t) => {
  for (const proxy of [
    '',
    ' ~',
    ' {}',
    ' {remoteurl: }',
    ' {remoteurl: ""}',
    ' {remoteurl: "https://a.example"}',
    ' {ttl: 168h}',
  ]) {
    t.is((await problemsOf(`${MINIMAL}proxy:${proxy}\n`)).at(-1), `config.yml:3: proxy: ${MIRROR}`, proxy);
  }
  const remote = { REGISTRY_PROXY_REMOTEURL: 'https://me:S3cret@hub.example.com' };
  t.deepEqual(await problemsOf(MINIMAL, remote), [`REGISTRY_PROXY_REMOTEURL: proxy: ${MIRROR}`]);
  const text = `${MINIMAL}proxy: {remoteurl: "https://a.example"}\n`;
  t.deepEqual(await problemsOf(text, { REGISTRY_PROXY_REMOTEURL: '' }), [`config.yml:3: proxy: ${MIRROR}`]);
  t.true((await problemsOf(text, { REGISTRY_PROXY: '' }))[0]?.startsWith('REGISTRY_PROXY: proxy: is set in the file'));
});

test('disabled endpoints, and sections with only empty values, do not stop the start', async (t) => {
  const { configuration } = await load(
    `${MINIMAL}notifications: {endpoints: [{name: a, disabled: true, url: "http://a/"}]}\npolicy: {repository: {classes: []}}\nhttp: {tls: {letsencrypt: {cachefile: "", hosts: []}}}\n`,
  );
  t.is(configuration.http.tls, undefined);
});
