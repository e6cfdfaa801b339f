import test from 'ava';
import { load, MINIMAL, problemsOf } from './loading.ts';

const REDIS = 'redis: {addrs: [localhost:6379]}\n';

test('without addresses there is no Redis, and with one all other keys have defaults', async (t) => {
  t.is((await load(MINIMAL)).configuration.redis, undefined);
  const { configuration, notYetInEffect, warnings } = await load(MINIMAL + REDIS);
  t.deepEqual(configuration.redis, {
    addresses: [{ host: 'localhost', port: 6379 }],
    isAnonymous: false,
    database: 0,
    protocol: 3,
    dialTimeoutMs: 5_000,
    readTimeoutMs: 3_000,
    minPauseMs: 50,
    maxPauseMs: 1_000,
    maxRedirects: 3,
  });
  t.deepEqual([...notYetInEffect, ...warnings], []);
});

test('every key in effect is read', async (t) => {
  const { configuration, notYetInEffect } = await load(`${MINIMAL}redis:
  addrs: ["[::1]:26379", b:26380]
  mastername: main
  clientname: registry
  db: 2
  protocol: 2
  username: me
  password: "0123"
  sentinelusername: s
  sentinelpassword: t
  minretrybackoff: 5s
  maxretrybackoff: 2s
  dialtimeout: 7s
  readtimeout: 900ms
  maxredirects: 9
  disableidentity: true
  identitysuffix: x
  tls: {certificate: c, key: k, rootcas: [a]}
`);
  t.deepEqual(configuration.redis, {
    addresses: [
      { host: '::1', port: 26379 },
      { host: 'b', port: 26380 },
    ],
    masterName: 'main',
    username: 'me',
    password: '0123',
    sentinelUsername: 's',
    sentinelPassword: 't',
    clientName: 'registry',
    identitySuffix: 'x',
    isAnonymous: true,
    database: 2,
    protocol: 2,
    dialTimeoutMs: 7_000,
    readTimeoutMs: 900,
    minPauseMs: 5_000,
    maxPauseMs: 5_000,
    maxRedirects: 9,
    tls: { certificateFile: 'c', keyFile: 'k', authorityFiles: ['a'] },
  });
  t.deepEqual(notYetInEffect, []);
});

test('TLS is used with any of the files, or when it is enabled', async (t) => {
  const tls = async (keys: string): Promise<unknown> =>
    (await load(`${MINIMAL}redis: {addrs: [a:1], tls: {${keys}}}\n`)).configuration.redis?.tls;
  t.is(await tls(''), undefined);
  t.is(await tls('enabled: false'), undefined);
  t.deepEqual(await tls('enabled: true'), { authorityFiles: [] });
  t.deepEqual(await tls('rootcas: [a, b]'), { authorityFiles: ['a', 'b'] });
  t.deepEqual(await tls('clientcas: [a]'), { authorityFiles: ['a'] });
  t.deepEqual(await tls('certificate: c, key: k'), { certificateFile: 'c', keyFile: 'k', authorityFiles: [] });
});

test('a path is the address of a socket', async (t) => {
  const { configuration } = await load(`${MINIMAL}redis: {addrs: [/run/redis.sock]}\n`);
  t.deepEqual(configuration.redis?.addresses, [{ socket: '/run/redis.sock' }]);
});

test('uses of Redis require its address', async (t) => {
  const text = 'version: 0.1\nstorage: {inmemory: , cache: {blobdescriptor: redis}}\nhttp: {tokenprovider: Redis}\n';
  t.deepEqual(await problemsOf(text), [
    'config.yml:2: storage.cache.blobdescriptor: needs redis.addrs as well: where Redis is, such as [localhost:6379]',
    'config.yml:3: http.tokenprovider: needs redis.addrs as well: where Redis is, such as [localhost:6379]',
  ]);
  const { configuration } = await load(text + REDIS);
  t.is(configuration.storage.descriptorCache, 'redis');
  t.is(configuration.http.tokenProvider, 'redis');
});

const WRONG: ReadonlyArray<readonly [title: string, keys: string, expected: readonly string[]]> = [
  [
    'several servers without a primary are a cluster, which has one database',
    'addrs: [a:1, b:1], db: 1',
    [
      'redis.db: must be 0: several redis.addrs are a cluster, which has only one database (for sentinels, give redis.mastername)',
    ],
  ],
  [
    'an address without a port',
    'addrs: [localhost]',
    [
      'redis.addrs[0]: expected host:port, such as redis.example.com:6379 (user, password and database have keys of their own)',
    ],
  ],
  [
    'port 0',
    'addrs: ["localhost:0"]',
    [
      'redis.addrs[0]: expected host:port, such as redis.example.com:6379 (user, password and database have keys of their own)',
    ],
  ],
  [
    'a socket among several',
    'addrs: [a:1, /run/redis.sock]',
    ['redis.addrs[1]: must be host:port: a socket can only be a single server'],
  ],
  ['another protocol', 'addrs: [a:1], protocol: 4', ['redis.protocol: expected 2 or 3, found "4"']],
  ['a user without a password', 'addrs: [a:1], username: me', ['redis.username: needs redis.password as well']],
  [
    'a certificate without its key',
    'addrs: [a:1], tls: {certificate: c}',
    ['redis.tls.certificate: needs redis.tls.key as well'],
  ],
  [
    'a key without its certificate',
    'addrs: [a:1], tls: {key: c}',
    ['redis.tls.key: needs redis.tls.certificate as well'],
  ],
];
for (const [title, keys, expected] of WRONG) {
  test(`a problem, with its place: ${title}`, async (t) => {
    t.deepEqual(
      await problemsOf(`${MINIMAL}redis: {${keys}}\n`),
      expected.map((message) => `config.yml:3: ${message}`),
    );
  });
}

test('keys that have no effect without others give a warning', async (t) => {
  t.deepEqual((await load(`${MINIMAL}redis: {password: x}\n`)).warnings, [
    'config.yml:3: redis.password: has no effect: without redis.addrs Redis is not used',
  ]);
  t.deepEqual((await load(`${MINIMAL}redis: {addrs: [a:1], sentinelpassword: x}\n`)).warnings, [
    'config.yml:3: redis.sentinelpassword: has no effect: there are no sentinels without redis.mastername',
  ]);
});
