import test from 'ava';
import { load, MINIMAL, problemsOf } from './loading.ts';

const DURATIONS: ReadonlyArray<readonly [text: string, ms: number]> = [
  ['168h', 604_800_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['300ms', 300],
  ['.5s', 500],
  ['1m0.25s', 60_250],
  ['250us', 0.25],
  ['250µs', 0.25],
  ['"10s"', 10_000],
  ['+5s', 5000],
  ['0', 0],
  ['2000000000', 2000],
];

for (const [text, ms] of DURATIONS) {
  test(`the duration ${text} is ${ms} ms`, async (t) => {
    const { configuration } = await load(`${MINIMAL}http: {draintimeout: ${text}}\n`);
    t.is(configuration.http.drainTimeoutMs, ms);
  });
}

test('a wait that exceeds the range of timers becomes the longest possible one, not zero', async (t) => {
  const text = `${MINIMAL}http: {draintimeout: 1000h, draindelay: 1000h, timeouts: {idle: 1000h}}\nplugintimeout: 1000h\n`;
  const { configuration } = await load(text);
  const { drainTimeoutMs, drainDelayMs, timeouts } = configuration.http;
  const most = 2 ** 31 - 1;
  t.deepEqual([drainTimeoutMs, drainDelayMs, timeouts.idleMs], [most, most, most]);
  t.is(configuration.pluginTimeoutMs, most);
});

const SIZES: ReadonlyArray<readonly [text: string, bytes: number]> = [
  ['4194304', 4_194_304],
  ['4MiB', 4_194_304],
  ['4mib', 4_194_304],
  ['4MB', 4_000_000],
  ['4 KiB', 4096],
  ['1.5GiB', 1_610_612_736],
  ['10B', 10],
];

for (const [text, bytes] of SIZES) {
  test(`the size ${text} is ${bytes} bytes`, async (t) => {
    const { configuration } = await load(`${MINIMAL}http: {maxmanifestsize: ${text}}\n`);
    t.is(configuration.http.maxManifestBytes, bytes);
  });
}

const ADDRESSES: ReadonlyArray<readonly [text: string, address: object]> = [
  [':5000', { port: 5000 }],
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['registry.local:65535', { host: 'registry.local', port: 65_535 }],
  ['"[::1]:5000"', { host: '::1', port: 5000 }],
  ['"[fe80::1%eth0]:5000"', { host: 'fe80::1%eth0', port: 5000 }],
];

for (const [text, address] of ADDRESSES) {
  test(`the address ${text} is understood`, async (t) => {
    const { configuration } = await load(`${MINIMAL}http:\n  addr: ${text}\n`);
    t.deepEqual<object, object>(configuration.http.address, address);
  });
}

test('with net: unix the address is the path of a socket', async (t) => {
  const { configuration } = await load(`${MINIMAL}http: {net: unix, addr: /run/registry.sock}\n`);
  t.deepEqual(configuration.http.address, { socket: '/run/registry.sock' });
});

for (const [word, value] of [
  ['yes', true],
  ['On', true],
  ['y', true],
  ['TRUE', true],
  ['no', false],
  ['OFF', false],
  ['n', false],
] as const) {
  test(`the flag ${word} is ${value}, as in YAML 1.1`, async (t) => {
    const { configuration } = await load(`${MINIMAL}http: {relativeurls: ${word}}\n`);
    t.is(configuration.http.relativeUrls, value);
  });
}

for (const spelled of ['0123', 'yes', '1.10', '~x', '0x1F', '"  "']) {
  test(`the text ${spelled} stays as it is spelled`, async (t) => {
    const { configuration } = await load(`${MINIMAL}http: {secret: ${spelled}}\n`);
    t.deepEqual(configuration.http.secrets, [spelled.replaceAll('"', '')]);
  });
}

const PATTERNS: ReadonlyArray<readonly [pattern: string, matching: string, other: string]> = [
  ['^https?://example\\.com/', 'https://example.com/a', 'https://example.org/'],
  ['(?i)^HTTPS:', 'https://a', 'ftp://a'],
  ['\\Ahttps\\:\\/\\/a\\z', 'https://a', 'https://a\n'],
  ['^(?P<scheme>https)://a-b\\-c$', 'https://a-b-c', 'http://a-b-c'],
];

for (const [pattern, matching, other] of PATTERNS) {
  test(`the Go pattern ${pattern} keeps its meaning`, async (t) => {
    const { configuration } = await load(`${MINIMAL}validation: {manifests: {urls: {allow: ['${pattern}']}}}\n`);
    const [allow] = configuration.validation.urls.allow;
    t.true(allow?.test(matching));
    t.false(allow?.test(other));
  });
}

test('anchors, aliases and merge keys work, and what is written beside a merge key wins', async (t) => {
  const { configuration } = await load(
    'version: 0.1\nstorage:\n  inmemory: &a {x: 1, y: 2}\nauth:\n  silly:\n    <<: *a\n    y: 3\nlog: {fields: {z: *a}}\n',
  );
  t.deepEqual(configuration.auth[0]?.options, { x: 1, y: 3 });
  t.deepEqual(configuration.log.fields, { z: { x: 1, y: 2 } });
});

test('of several merged maps the first one wins', async (t) => {
  const { configuration } = await load(
    'version: 0.1\nstorage: {inmemory: }\nlog: {fields: {a: &a {k: 1}, b: &b {k: 2, l: 3}, c: {<<: [*a, *b]}}}\n',
  );
  t.deepEqual(configuration.log.fields['c'], { k: 1, l: 3 });
});

test('options of a driver keep their types, and a key like __proto__ is only a key', async (t) => {
  const { configuration } = await load(
    'version: 0.1\nstorage: {a: {n: 3, f: yes, s: "yes", l: [1, {b: ~}], __proto__: {x: 1}}}\n',
  );
  const options = configuration.storage.driver.options as Record<string, unknown>;
  t.deepEqual(Object.entries(options), [
    ['n', 3],
    ['f', true],
    ['s', 'yes'],
    ['l', [1, { b: null }]],
    ['__proto__', { x: 1 }],
  ]);
  t.is(Object.getPrototypeOf(options), Object.prototype);
});

for (const name of ['constructor', '__proto__', 'toString']) {
  test(`${name} is an unknown key like any other, and may be the name of a driver`, async (t) => {
    t.deepEqual(await problemsOf(`${MINIMAL}catalog: {${name}: 1}\n${name}: 1\n`), [
      `config.yml:3: catalog.${name}: unknown key; known here: maxentries`,
      `config.yml:4: ${name}: unknown key`,
    ]);
    const { configuration } = await load(`version: 0.1\nstorage: {${name}: {a: 1}}\n`);
    t.deepEqual(configuration.storage.driver, { name, options: { a: 1 } });
  });
}

test('times at which garbage is collected that a push still needs give a warning, and the file still starts', async (t) => {
  const gc = (text: string): string => `version: 0.1\nstorage: {inmemory: {}, maintenance: {gc: ${text}}}\n`;
  const at = 'config.yml:2: storage.maintenance.gc';
  const { configuration, warnings } = await load(gc('{enabled: true, grace: 9m, interval: 10s}'));
  t.deepEqual(warnings, [
    `${at}.grace: is shorter than ten minutes: a push that takes longer may have to upload layers again; less than 20s counts as 20s`,
    `${at}.interval: is shorter than an hour: each collection reads every manifest; less than 1m counts as 1m`,
  ]);
  t.is(configuration.storage.gc.intervalMs, 60_000);
  t.deepEqual((await load(gc('{grace: 10m, interval: 1h}'))).warnings, []);
  t.is((await load(gc('{interval: 1h}'))).configuration.storage.gc.intervalMs, undefined);
});

test('times at which uploads are removed that are still needed give a warning, and the file still starts', async (t) => {
  const purging = (text: string): string =>
    `version: 0.1\nstorage: {inmemory: {}, maintenance: {uploadpurging: ${text}}}\n`;
  const at = 'config.yml:2: storage.maintenance.uploadpurging';
  const hastyAge = `${at}.age: is shorter than an hour: an upload that a client still needs may be removed while it pauses`;
  const hastyInterval = `${at}.interval: is shorter than a minute: each search lists all unfinished uploads; less than 1s counts as 1s`;
  t.deepEqual((await load(purging('{age: 0s, interval: 0}'))).warnings, [hastyAge, hastyInterval]);
  const { configuration, warnings } = await load(purging('{age: 59m, interval: 1ns}'));
  t.deepEqual(warnings, [hastyAge, hastyInterval]);
  t.is(configuration.storage.uploadPurging.intervalMs, 1_000);
  t.deepEqual((await load(purging('{age: 1h, interval: 1m}'))).warnings, []);
});

test('the driver in memory has two names', async (t) => {
  for (const name of ['inmemory', 'memory']) {
    const { configuration } = await load(`version: 0.1\nstorage: ${name}\n`);
    t.is(configuration.storage.driver.name, name);
  }
});

for (const [replica, message] of [
  [
    '{filesystem: {rootdirectory: /a}, inmemory: {}}',
    ': 2 storage drivers: filesystem and inmemory; there must be exactly one',
  ],
  ['{inmemory: {}}', ': is the storage itself, which holds no other copy'],
] as const) {
  test(`a replica ${replica} of the storage in memory stops the start`, async (t) => {
    const text = `version: 0.1\nstorage: {inmemory: {}, maintenance: {scrub: {replica: ${replica}}}}\n`;
    t.deepEqual(await problemsOf(text), [`config.yml:2: storage.maintenance.scrub.replica${message}`]);
  });
}

for (const [old, message] of [
  [
    '{filesystem: {rootdirectory: /a}, inmemory: {}}',
    ': 2 storage drivers: filesystem and inmemory; there must be exactly one',
  ],
  ['{inmemory: {}}', ': is the storage itself; name the old storage here, and the new one as the driver of storage'],
] as const) {
  test(`a storage in memory that copies from ${old} stops the start`, async (t) => {
    const text = `version: 0.1\nstorage: {inmemory: {}, copyfrom: ${old}}\n`;
    t.deepEqual(await problemsOf(text), [`config.yml:2: storage.copyfrom${message}`]);
  });
}

test('the old storage is a driver with options of its own, and beside it there is one driver', async (t) => {
  const text = 'version: 0.1\nstorage: {inmemory: {}, copyfrom: {filesystem: {rootdirectory: /old}}}\n';
  const { storage } = (await load(text)).configuration;
  t.is(storage.driver.name, 'inmemory');
  t.deepEqual(storage.copyFrom, { name: 'filesystem', options: { rootdirectory: '/old' } });
});

test('a replica is a driver with options of its own', async (t) => {
  const replica = '{filesystem: {rootdirectory: /backup}}';
  const text = `version: 0.1\nstorage: {inmemory: {}, maintenance: {scrub: {replica: ${replica}}}}\n`;
  const { scrub } = (await load(text)).configuration.storage;
  t.deepEqual(scrub.replica, { name: 'filesystem', options: { rootdirectory: '/backup' } });
});

const UPSTREAM = 'storage.maintenance.scrub.upstream';

for (const [upstream, message] of [
  ['{username: me}', ': needs url as well: where the registry is'],
  ['{url: "ftp://a"}', '.url: expected a URL such as https://registry.example.com, found "ftp://a"'],
  ['{url: "https://a/team"}', '.url: must have no path: the API of a registry is at /v2/ of its host'],
  ['{url: "https://me:pw@a"}', '.url: must contain no user; there are username and password for one'],
  ['{url: "https://a", username: me}', '.username: needs password or passwordfile as well'],
  ['{url: "https://a", passwordfile: /pw}', `.passwordfile: needs ${UPSTREAM}.username as well`],
  ['{only: [team/*]}', ': needs url as well: where the registry is'],
  [
    '{url: "http://a", username: me, password: pw}',
    '.url: must begin with https:// because the password would be sent in the clear',
  ],
  [
    '{url: "http://a"}',
    '.url: must begin with https://; write insecure: true beside it if everybody on the way may read and change what is sent',
  ],
  [
    '{url: "http://a", insecure: true, username: me, password: pw}',
    '.url: must begin with https:// because the password would be sent in the clear',
  ],
  ['{url: "https://a", tls: {key: /key.pem}}', `.tls.key: needs ${UPSTREAM}.tls.certificate as well`],
] as const) {
  test(`an upstream ${upstream} stops the start`, async (t) => {
    const text = `version: 0.1\nstorage: {inmemory: {}, maintenance: {scrub: {upstream: ${upstream}}}}\n`;
    t.deepEqual(await problemsOf(text), [`config.yml:2: ${UPSTREAM}${message}`]);
  });
}

test('an upstream on this machine may be asked in the clear, and has all repositories unless some are named', async (t) => {
  const upstream = '{url: "http://localhost:5001/v2/", username: me, password: pw}';
  const text = `version: 0.1\nstorage: {inmemory: {}, maintenance: {scrub: {upstream: ${upstream}}}}\n`;
  t.deepEqual((await load(text)).configuration.storage.scrub.upstream, {
    host: 'localhost:5001',
    scheme: 'http',
    user: { name: 'me', password: 'pw' },
    repositories: [],
    tls: { authorityFiles: [] },
  });
});

test('an upstream on another machine is asked in the clear where that is written', async (t) => {
  const upstream = '{url: "http://registry:5000", insecure: true}';
  const text = `version: 0.1\nstorage: {inmemory: {}, maintenance: {scrub: {upstream: ${upstream}}}}\n`;
  t.like((await load(text)).configuration.storage.scrub.upstream, { host: 'registry:5000', scheme: 'http' });
});

test('a file with the password of an upstream has no effect beside the password, and a warning says so', async (t) => {
  const upstream = '{url: "https://a", username: me, password: pw, passwordfile: /pw}';
  const text = `version: 0.1\nstorage: {inmemory: {}, maintenance: {scrub: {upstream: ${upstream}}}}\n`;
  const { warnings, configuration } = await load(text);
  t.deepEqual(warnings, [`config.yml:2: ${UPSTREAM}.passwordfile: has no effect beside password`]);
  t.deepEqual(configuration.storage.scrub.upstream?.user, { name: 'me', password: 'pw' });
});
