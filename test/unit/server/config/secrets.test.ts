import test from 'ava';
import { secretsIn } from '../../../../server/config/index.ts';
import { load, MINIMAL, problemsOf } from './loading.ts';

/** Mistakes around secrets. */
const MISTAKES: ReadonlyArray<readonly [title: string, text: string]> = [
  ['a text as the list of secrets', 'http: {secret: s, secrets: S3cret}'],
  ['a section as a secret', 'http: {secret: {S3cret: x}, secrets: [[S3cret]]}'],
  ['a list as a password', 'redis: {addrs: ["a:1"], password: [S3cret]}'],
  ['an address of Redis with a password', 'redis: {addrs: ["redis://me:S3cret@redis:6379"]}'],
  ['an address of Redis with a password and no user', 'redis: {addrs: [":S3cret@redis:6379"]}'],
  ['an address of Redis in the form of others', 'redis: {addrs: ["redis:6379,password=S3cret"]}'],
  ['a password in the place of a port', 'redis: {addrs: ["me:S3cret"]}'],
  ['an old address of Redis with a password', 'redis: {addr: "redis://me:S3cret@redis:6379"}'],
  ['addresses of Redis that are no list', 'redis: {addrs: "redis://me:S3cret@redis:6379"}'],
  ['a mirror with a user', 'proxy: {remoteurl: "ftp://me:S3cret@hub.example.com"}'],
  ['a mirror with a user that is no URL', 'proxy: {remoteurl: "me:S3cret@hub.example.com"}'],
  ['a token as the user of a URL', 'http: {host: "ftp://S3cret@r.example.com"}'],
  ['a user with a slash and an @ in its password', 'http: {host: "ftp://me:S3cret/S3cret@S3cret@r.example.com"}'],
  ['a URL as an address', 'http: {addr: "http://me:S3cret@r.example.com"}'],
  ['a check with a user', 'health: {http: [{uri: "ftp://me:S3cret@a/"}], tcp: [{addr: "me:S3cret@a:1"}]}'],
  ['a header that is no list', 'health: {http: [{uri: "http://a/", headers: {X-Token: S3cret}}]}'],
  ['an Authorization header that is no list', 'http: {headers: {Authorization: Bearer S3cret}}'],
  ['an endpoint with secrets', 'notifications: {endpoints: [{url: "x://me:S3cret@a/", headers: {A: S3cret}}]}'],
  ['an alias in the place of a secret', 'http: {secret: *S3cret }'],
  ['a colon without a space', 'http: "secret:S3cret"'],
  ['a colon without a space in a list of keys', 'http: {secret:S3cret}'],
  ['a space in the place of a colon', 'redis: {password S3cret}'],
  ['an equals sign in the place of a colon', 'redis: {password=S3cret}'],
  ['a text behind the end', 'http: {}\n}S3cret'],
  ['a text behind a quoted one', 'http:\n  secret: "a" S3cret'],
  ['a block that is none', 'http:\n  secret: |S3cret'],
  ['a colon in a secret', 'http:\n  secret: a: S3cret'],
  ['a tag with a secret', 'http:\n  secret: !<S3cret'],
];

for (const [title, text] of MISTAKES) {
  test(`${title} is refused without the secret`, async (t) => {
    const found = await problemsOf(`${MINIMAL}${text}\n`);
    t.true(found.length > 0);
    t.notRegex(found.join('\n'), /S3cret/);
  });
}

/** The same by variables. */
const VARIABLES: ReadonlyArray<Readonly<Record<string, string>>> = [
  { REGISTRY_HTTP_SECRETS: 'S3cret' },
  { REGISTRY_HTTP_SECRETS: '[S3cret' },
  { REGISTRY_HTTP_SECRETS: '[S3cret #]' },
  { REGISTRY_HTTP_SECRET: '"S3cret"' },
  { REGISTRY_HTTP: 'secret: S3cret: x' },
  { REGISTRY_HTTP: 'S3cret' },
  { REGISTRY_REDIS_ADDRS: 'redis://me:S3cret@redis:6379' },
  { REGISTRY_REDIS_ADDRS_0: 'redis://me:S3cret@redis:6379' },
  { REGISTRY_REDIS_ADDR: 'redis://me:S3cret@redis:6379' },
  { REGISTRY_REDIS: 'S3cret' },
  { REGISTRY_PROXY_REMOTEURL: 'https://me:S3cret@hub.example.com' },
  { REGISTRY_AUTH_HTPASSWD: 'path: S3cret # x' },
  { REGISTRY_STORAGE_INMEMORY: '{secretkey: S3cret' },
];

for (const variables of VARIABLES) {
  test(`${Object.entries(variables).join().replace(',', '=')} is refused without the secret`, async (t) => {
    const found = await problemsOf(MINIMAL, variables);
    // A whole section that is a single word may be anything.
    if (found.join().includes('expected a section with keys, found')) t.pass();
    else t.notRegex(found.join('\n'), /S3cret/);
    t.true(found.length > 0);
  });
}

test('the secrets of a configuration are its secret values and the users of its URLs, the longest first', async (t) => {
  const { written } = await load(
    'version: 0.1\nstorage: {x: {secretkey: [abcdef, abc], client-secret: {a: ghijk}, url: "https://user1:word5@host/"}}\nhttp: {secret: longest-of-all}\n',
  );
  t.deepEqual(secretsIn(written), ['longest-of-all', 'user1:word5', 'abcdef', 'ghijk', 'user1', 'word5']);
});

for (const mark of ['&', '!', '!!str &']) {
  test(`a secret of the file that YAML takes for a marker (${mark}) is refused instead of lost`, async (t) => {
    t.deepEqual(await problemsOf(`${MINIMAL}http:\n  secret: ${mark}S3cret\n`), [
      'config.yml:4: http.secret: has an anchor (&) or a tag (!) and no value; put a text into quotation marks',
    ]);
  });
}

test('an unknown escape sequence is reported as such, and not quoted', async (t) => {
  t.deepEqual(await problemsOf(`${MINIMAL}http: {secret: "S3cret\\q"}\n`), [
    'config.yml:3: is not valid YAML: a backslash in double quotation marks begins no known escape sequence; double it, or use single ones',
  ]);
});

test('a user before the address of Redis is neither taken for a host nor printed', async (t) => {
  t.deepEqual(await problemsOf(`${MINIMAL}redis: {addrs: ["S3cret@localhost:6379"]}\n`), [
    'config.yml:3: redis.addrs[0]: expected host:port, such as redis.example.com:6379 (user, password and database have keys of their own)',
  ]);
});

test('a value in place of the options of a plugin is not printed', async (t) => {
  for (const [text, key] of [
    ['plugins: [{use: ./mine.mjs, options: S3cret}]', 'plugins[0].options'],
    ['auth: {mine: S3cret}', 'auth.mine'],
    ['middleware: {storage: [{name: mine, options: S3cret}]}', 'middleware.storage[0].options'],
  ] as const) {
    t.deepEqual(await problemsOf(`${MINIMAL}${text}\n`), [
      `config.yml:3: ${key}: expected a section with keys, found a plain value`,
    ]);
  }
});
