import test from 'ava';
import { load, MINIMAL, problemsOf } from './loading.ts';

/** Texts that YAML would truncate, drop, or take for something else. */
const TEXTS = [
  'S3cret #9aF3k',
  '&9aF3k',
  '!x',
  '!!str',
  '*9aF3k',
  '~',
  'null',
  'Null',
  '#9aF3k',
  'a: b',
  'a:',
  '- a',
  '[a]',
  '[a',
  '{a: b}',
  '{9aF3k',
  '"open',
  "it's",
  '"a" and "b"',
  '@x',
  '%x',
  '|',
  '>-',
  '? a',
  '---',
  'a\n---\nb',
  '<<',
  'true',
  'yes',
  '0123',
  '1e5',
  '0x1F',
  '1_000',
  '9007199254740993',
  '.inf',
  '2001-01-01',
  '`x`',
  '\\n',
];

for (const text of TEXTS) {
  test(`the secret ${JSON.stringify(text)} in a variable is taken literally`, async (t) => {
    const { configuration } = await load(`${MINIMAL}http: {secrets: [old]}\nredis: {addrs: ["a:1"]}\n`, {
      REGISTRY_HTTP_SECRET: text,
      REGISTRY_HTTP_SECRETS_0: text,
      REGISTRY_HTTP_SECRETS_1: text,
      REGISTRY_REDIS_PASSWORD: text,
    });
    t.deepEqual(configuration.http.secrets, [text, text, text]);
    t.is(configuration.redis?.password, text);
  });

  test(`the text ${JSON.stringify(text)} in a variable is taken literally, even in the options of a plugin`, async (t) => {
    const { configuration } = await load(MINIMAL, {
      REGISTRY_HTTP_TLS_CERTIFICATE: text,
      REGISTRY_HTTP_TLS_KEY: 'k',
      REGISTRY_HTTP_HEADERS_A_0: text.replaceAll('\n', ' '),
      REGISTRY_AUTH_SILLY_SECRETKEY: text,
    });
    t.is(configuration.http.tls?.certificateFile, text);
    t.deepEqual(configuration.http.headers, { a: [text.replaceAll('\n', ' ')] });
    const { secretkey } = configuration.auth[0]?.options as { secretkey: unknown };
    if (typeof secretkey === 'string') t.is(secretkey, text);
    // A schema that expects a text gets it; see the tests of plugin options.
    else
      t.true(['[a]', '{a: b}', 'true', 'yes', '0123', '1e5', '0x1F', '9007199254740993', '.inf'].includes(text), text);
  });
}

for (const text of ['"S3cret"', "'S3cret'", ' S3cret', 'S3cret\n']) {
  test(`the secret ${JSON.stringify(text)} is refused, because it is unclear what belongs to it`, async (t) => {
    const found = await problemsOf(MINIMAL, { REGISTRY_HTTP_SECRET: text, REGISTRY_STORAGE_INMEMORY_SECRETKEY: text });
    t.is(found.length, 2);
    t.regex(
      found[0] ?? '',
      /^REGISTRY_HTTP_SECRET: http\.secret: begins (?:and ends|or ends) with (?:a quotation mark|white space); /,
    );
    t.regex(found[1] ?? '', /^REGISTRY_STORAGE_INMEMORY_SECRETKEY: storage\.inmemory\.secretkey: begins /);
    t.notRegex(found.join(), /S3cret/);
  });
}

test('quotation marks and white space around other texts, flags and numbers are stripped, as in distribution', async (t) => {
  const { configuration } = await load(MINIMAL, {
    REGISTRY_HTTP_ADDR: '"127.0.0.1:7000"',
    REGISTRY_HTTP_RELATIVEURLS: '"true"',
    REGISTRY_HTTP_DRAINTIMEOUT: "'5s'\n",
    REGISTRY_CATALOG_MAXENTRIES: ' 7 ',
    REGISTRY_LOG_FIELDS_TEAM: '"Team #1"',
    REGISTRY_STORAGE_INMEMORY_REALM: "'it''s'",
  });
  t.deepEqual(configuration.http.address, { host: '127.0.0.1', port: 7000 });
  t.true(configuration.http.relativeUrls);
  t.is(configuration.http.drainTimeoutMs, 5000);
  t.is(configuration.catalog.maxEntries, 7);
  t.deepEqual(configuration.log.fields, { team: 'Team #1' });
  t.deepEqual(configuration.storage.driver.options, { realm: "it's" });
});

test('a number, a flag or a duration with trailing text is refused instead of truncated', async (t) => {
  t.deepEqual(
    await problemsOf(MINIMAL, {
      REGISTRY_HTTP_RELATIVEURLS: 'true # yes',
      REGISTRY_CATALOG_MAXENTRIES: '5 #6',
      REGISTRY_HTTP_DRAINTIMEOUT: '~',
    }),
    [
      'REGISTRY_CATALOG_MAXENTRIES: catalog.maxentries: expected a whole number, found "5 #6"',
      'REGISTRY_HTTP_DRAINTIMEOUT: http.draintimeout: expected a duration such as 30s, 1h30m or 300ms, found "~"',
      'REGISTRY_HTTP_RELATIVEURLS: http.relativeurls: expected true or false, found "true # yes"',
    ],
  );
});

for (const text of ['[S3cret #9aF3k\n]', '[&9aF3k, b]', '[!x , b]', '[a, *S3cret]', '- S3cret #9aF3k']) {
  test(`the list ${JSON.stringify(text)} of secrets is refused, because YAML would drop a part`, async (t) => {
    const found = await problemsOf(MINIMAL, { REGISTRY_HTTP_SECRET: 's', REGISTRY_HTTP_SECRETS: text });
    t.is(found.length, 1);
    t.regex(found[0] ?? '', /^REGISTRY_HTTP_SECRETS: http\.secrets: /);
    t.notRegex(found.join(), /S3cret|9aF3k/);
  });
}

test('lists and sections of texts with special characters are YAML in quotation marks', async (t) => {
  const { configuration } = await load(MINIMAL, {
    REGISTRY_HTTP_SECRET: 's',
    REGISTRY_HTTP_SECRETS: '["S3cret #9", \'&x\', plain#1]',
    REGISTRY_HTTP_HEADERS: '{X-A: ["b #c"]}',
    REGISTRY_STORAGE_INMEMORY: '{secretkey: "S3 #x", list: [1, "#2"]}',
  });
  t.deepEqual(configuration.http.secrets, ['s', 'S3cret #9', '&x', 'plain#1']);
  t.deepEqual(configuration.http.headers, { 'X-A': ['b #c'] });
  t.deepEqual(configuration.storage.driver.options, { secretkey: 'S3 #x', list: [1, '#2'] });
});

test('a text in a list that YAML reads as empty is refused, in variables and in the file', async (t) => {
  const nothing = 'http.secrets[0]: expected text, found nothing';
  t.deepEqual(await problemsOf(MINIMAL, { REGISTRY_HTTP_SECRET: 's', REGISTRY_HTTP_SECRETS: '[~]' }), [
    `REGISTRY_HTTP_SECRETS: ${nothing}`,
  ]);
  t.deepEqual(await problemsOf(`${MINIMAL}http: {secret: s, secrets: [null], headers: {A: [~]}}\n`), [
    `config.yml:3: ${nothing}`,
    'config.yml:3: http.headers.A[0]: expected text, found nothing',
  ]);
});

test('options of a plugin in one variable that YAML would truncate are refused without quoting them', async (t) => {
  const found = await problemsOf('version: 0.1\n', { REGISTRY_STORAGE_S3: 'secretkey: S3cret #9aF3k' });
  t.true(found[0]?.startsWith('REGISTRY_STORAGE_S3: storage.s3: YAML would take a part of the value for a comment'));
  t.notRegex(found.join(), /S3cret|9aF3k/);
});

test('a name with an enormous number of parts is refused at once', async (t) => {
  t.deepEqual(
    await problemsOf(MINIMAL, { [`REGISTRY_LOG_FIELDS${'_A'.repeat(30_000)}`]: 'x' }).then((all) => all.length),
    1,
  );
});
