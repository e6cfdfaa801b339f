import { resolve } from 'node:path';
import { getCiphers } from 'node:tls';
import test from 'ava';
import { loadConfiguration } from '../../../../server/config/index.ts';
import { CIPHER_SUITE_NAMES } from '../../../../server/config/sections/cipher-suites.ts';
import { load, MINIMAL } from './loading.ts';

/** In the form of the file that Debian's docker-registry package installs. */
const DEBIAN = `version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/docker-registry
  delete:
    enabled: true
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
auth:
  htpasswd:
    realm: basic-realm
    path: /etc/docker/registry
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;

test('the smallest file gives the defaults', async (t) => {
  const { configuration, notYetInEffect, warnings } = await load(MINIMAL);
  t.deepEqual(configuration, {
    auth: [],
    log: { level: 'info', formatter: 'text', fields: {}, accessLog: 'log', audit: configuration.log.audit },
    storage: {
      driver: { name: 'inmemory', options: {} },
      deleteEnabled: false,
      keepDeletedMs: 0,
      redirectEnabled: true,
      readOnly: false,
      uploadPurging: { ageMs: 168 * 3_600_000, intervalMs: 24 * 3_600_000, dryRun: false },
      gc: { graceMs: 3_600_000, deletesUntagged: false, dryRun: false },
      scrub: { bytesPerSecond: 64 * 1024 ** 2, concurrency: 4, dryRun: false },
      tagHistory: { keepMs: 0, maxRecords: 1000 },
      wrappers: [],
    },
    tokenServer: { keyFiles: [], expiryMs: 300_000 },
    admin: {},
    registryWrappers: [],
    plugins: [],
    pluginTimeoutMs: 30_000,
    http: {
      address: { host: '127.0.0.1', port: 5000 },
      prefix: '',
      workers: 1,
      relativeUrls: false,
      secrets: [],
      tokenProvider: 'hmac',
      trustedProxies: [],
      maxManifestBytes: 4_194_304,
      drainTimeoutMs: 30_000,
      drainDelayMs: 0,
      timeouts: { headersMs: 60_000, idleMs: 120_000, keepAliveMs: 150_000 },
      headers: {},
    },
    health: { files: [], http: [], tcp: [] },
    catalog: { maxEntries: 1000 },
    tags: { maxTags: 1000 },
    compatibility: {},
    retention: { dryRun: false, recordsPulls: false, rules: [], untagged: [] },
    validation: {
      enabled: true,
      urls: { allow: [], deny: [] },
      indexes: { platforms: 'all', platformList: [] },
    },
  });
  t.deepEqual([...notYetInEffect, ...warnings], []);
});

test('the file of Debian’s package loads', async (t) => {
  const { configuration, notYetInEffect, warnings } = await load(DEBIAN);
  t.deepEqual(configuration.storage.driver, {
    name: 'filesystem',
    options: { rootdirectory: '/var/lib/docker-registry' },
  });
  t.deepEqual(configuration.auth[0], {
    name: 'htpasswd',
    options: { realm: 'basic-realm', path: '/etc/docker/registry' },
  });
  t.deepEqual(configuration.storage.descriptorCache, { maxEntries: 10_000 });
  t.deepEqual(configuration.http.address, { port: 5000 });
  t.deepEqual(configuration.health, {
    storage: { intervalMs: 10_000, threshold: 3 },
    files: [],
    http: [],
    tcp: [],
  });
  t.deepEqual([...notYetInEffect, ...warnings], []);
});

test('values of the file reach the configuration', async (t) => {
  const { configuration } = await load(`${MINIMAL}
http:
  host: https://r.example.com:8443/images
  prefix: /a/
  secret: s
  secrets: [t]
  maxtokenage: 1h
  tls: {certificate: c.pem, key: k.pem, minimumtls: TLS1.3}
catalog: {maxentries: -1}
tags: {maxtags: 0}
log: {formatter: json, accesslog: {disabled: true}}
`);
  t.like(configuration.http, {
    externalUrl: 'https://r.example.com:8443/images',
    prefix: '/a',
    secrets: ['s', 't'],
    maxTokenAgeMs: 3_600_000,
    tls: { certificateFile: 'c.pem', keyFile: 'k.pem', minimumVersion: 'TLSv1.3', clientAuthorityFiles: [] },
  });
  t.is(configuration.catalog.maxEntries, 1000);
  t.is(configuration.tags.maxTags, 1000);
  t.like(configuration.log, { formatter: 'json', accessLog: 'off' });
});

test('storage and auth may be a bare name', async (t) => {
  const { configuration } = await load('version: 0.1\nstorage: inmemory\nauth: silly\n');
  t.deepEqual(configuration.storage.driver, { name: 'inmemory', options: {} });
  t.deepEqual(configuration.auth, [{ name: 'silly', options: {} }]);
});

test('auth: none is open, like no auth at all', async (t) => {
  t.deepEqual((await load(`${MINIMAL}auth: none\n`)).configuration.auth, []);
});

test('a driver may be the name of a package or a path', async (t) => {
  for (const name of ['./drivers/mine.js', '@acme/stowage-driver-x', 'b2']) {
    const { configuration } = await load(`version: 0.1\nstorage: {"${name}": {a: 1}, delete: {enabled: true}}\n`);
    t.deepEqual(configuration.storage.driver, { name, options: { a: 1 } });
  }
});

test('old names work, give a warning, and yield to the new ones', async (t) => {
  const old = 'version: 0.1\nstorage: {inmemory: , cache: {layerinfo: inmemory}}\nloglevel: debug\n';
  const { configuration, warnings } = await load(old);
  t.is(configuration.log.level, 'debug');
  t.deepEqual(configuration.storage.descriptorCache, { maxEntries: 10_000 });
  t.deepEqual(warnings, [
    'config.yml:2: storage.cache.layerinfo: is deprecated, use storage.cache.blobdescriptor',
    'config.yml:3: loglevel: is deprecated, use log.level',
  ]);
  const both = await load(`${old}log: {level: error}\n`);
  t.is(both.configuration.log.level, 'error');
});

test('metrics are shown at a path of the debug server, and nowhere without one', async (t) => {
  const loaded = (debug: string) => load(`${MINIMAL}http: {debug: {${debug}}}\n`);
  const pathOf = async (debug: string) => (await loaded(debug)).configuration.http.metricsPath;
  t.is(await pathOf('addr: :5001, prometheus: {enabled: true}'), '/metrics');
  t.is(await pathOf('addr: :5001, prometheus: {enabled: true, path: ""}'), '/metrics');
  t.is(await pathOf('addr: :5001, prometheus: {enabled: true, path: /m}'), '/m');
  t.is(await pathOf('addr: :5001, prometheus: {path: /m}'), undefined);
  const { configuration, warnings, notYetInEffect } = await loaded('prometheus: {enabled: true}');
  t.is(configuration.http.metricsPath, undefined);
  t.deepEqual(warnings, [
    'config.yml:3: http.debug.prometheus.enabled: has no effect: without http.debug.addr there is no server that shows metrics',
  ]);
  t.deepEqual(notYetInEffect, []);
});

test('validation.enabled, when true, overrides validation.disabled', async (t) => {
  const enabled = async (section: string) =>
    (await load(`${MINIMAL}validation: ${section}\n`)).configuration.validation.enabled;
  t.true(await enabled('{enabled: true, disabled: true}'));
  t.true(await enabled('{enabled: false}'));
  t.false(await enabled('{disabled: true}'));
});

test('keys of distribution 2 that are gone give a warning and are not announced for later', async (t) => {
  const { warnings, notYetInEffect } = await load(
    `${MINIMAL}reporting: {}\nredis:\n  addr: a:1\n  pool: {maxidle: 1}\n`,
  );
  t.deepEqual(warnings, [
    'config.yml:5: redis.addrs: redis.addr is deprecated, use redis.addrs',
    'config.yml:3: reporting: has no effect since distribution 3; remove it',
    'config.yml:6: redis.pool: has no effect; its keys are now redis.maxidleconns, redis.maxactiveconns and redis.connmaxidletime',
  ]);
  t.deepEqual(notYetInEffect, []);
});

test('values that are not in effect yet are announced, even under a key that is', async (t) => {
  const { configuration, notYetInEffect } = await load(
    'version: 0.1\nstorage: {inmemory: , cache: {blobdescriptor: inmemory, blobdescriptorsize: 0}}\nlog: {formatter: logstash}\n',
  );
  t.deepEqual(notYetInEffect, ['log.formatter']);
  t.deepEqual(configuration.storage.descriptorCache, {});
  t.is(configuration.log.formatter, 'json');
});

test('a future key that is set to its default is not announced', async (t) => {
  const { notYetInEffect } = await load(
    `${MINIMAL}http: {http2: {disabled: false}}\nredis: {poolfifo: false}\nhealth: {file: []}\n`,
  );
  t.deepEqual(notYetInEffect, []);
});

test('authorities of clients make their certificates required, unless the file says otherwise', async (t) => {
  const clientAuth = async (keys: string) =>
    (await load(`${MINIMAL}http: {tls: {certificate: c, key: k, ${keys}}}\n`)).configuration.http.tls?.clientAuth;
  t.is(await clientAuth('clientcas: []'), undefined);
  t.is(await clientAuth('clientcas: [a]'), 'require-and-verify-client-cert');
  t.is(await clientAuth('clientcas: [a], clientauth: verify-client-cert-if-given'), 'verify-client-cert-if-given');
  t.is(await clientAuth('clientauth: require-any-client-cert'), 'require-any-client-cert');
});

test('every cipher suite that distribution knows is accepted', async (t) => {
  const suites = CIPHER_SUITE_NAMES.join(', ');
  const { configuration, warnings } = await load(
    `${MINIMAL}http: {tls: {certificate: c, key: k, ciphersuites: [${suites}]}}\n`,
  );
  t.is(CIPHER_SUITE_NAMES.length, 19);
  const offered = configuration.http.tls?.ciphers.split(':') ?? [];
  t.is(offered.length + warnings.length, 19);
  for (const name of offered) t.true(getCiphers().includes(name.toLowerCase()), name);
  for (const warning of warnings) t.regex(warning, /3DES.* is not offered: the OpenSSL of this Node lacks it$/);
});

test('keys of TLS without effect give a warning', async (t) => {
  const keys = 'minimumtls: tls1.3, ciphersuites: [TLS_RSA_WITH_AES_128_CBC_SHA]';
  const plain = await load(`${MINIMAL}http: {tls: {${keys}}}\n`);
  const why = 'has no effect: without http.tls.certificate and http.tls.key the registry speaks plain HTTP';
  t.deepEqual(plain.warnings, [
    `config.yml:3: http.tls.minimumtls: ${why}`,
    `config.yml:3: http.tls.ciphersuites: ${why}`,
  ]);
  const encrypted = await load(`${MINIMAL}http: {tls: {certificate: c, key: k, ${keys}}}\n`);
  t.deepEqual(encrypted.warnings, [
    'config.yml:3: http.tls.ciphersuites: has no effect with http.tls.minimumtls tls1.3, which brings its own',
  ]);
});

test('empty values in http.tls count as absent', async (t) => {
  const keys = 'clientcas: [], ciphersuites: [], letsencrypt: {cachefile: "", email: "", hosts: []}';
  const { configuration, warnings } = await load(`${MINIMAL}http: {tls: {${keys}}}\n`);
  t.is(configuration.http.tls, undefined);
  t.deepEqual(warnings, []);
});

test('a duration without a unit that is only nanoseconds gives a warning', async (t) => {
  const { warnings } = await load(`${MINIMAL}http: {draintimeout: 60}\n`);
  t.deepEqual(warnings, [
    'config.yml:3: http.draintimeout: 60 without a unit means nanoseconds; write 60s for seconds',
  ]);
});

test('the configuration is frozen to its leaves', async (t) => {
  const { configuration } = await load(DEBIAN);
  const parts: unknown[] = [configuration];
  let count = 0;
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (typeof part !== 'object' || part === null) continue;
    t.true(Object.isFrozen(part));
    count += 1;
    parts.push(...Object.values<unknown>({ ...part }));
  }
  t.true(count > 15);
});

test('an option is located in the file, in a variable, or at the nearest thing around it', async (t) => {
  const { locate } = await load(DEBIAN, { REGISTRY_STORAGE_FILESYSTEM_MAXTHREADS: '9' });
  t.deepEqual(locate(['storage', 'filesystem', 'rootdirectory']), { file: 'config.yml', line: 9 });
  t.deepEqual(locate(['storage', 'filesystem', 'maxthreads']), {
    file: 'config.yml',
    variable: 'REGISTRY_STORAGE_FILESYSTEM_MAXTHREADS',
  });
  t.deepEqual(locate(['storage', 'filesystem', 'nothing', 0]), { file: 'config.yml', line: 8 });
  t.deepEqual(locate(['http', 'headers', 'X-Content-Type-Options', 0]), { file: 'config.yml', line: 15 });
  t.deepEqual(locate(['proxy']), { file: 'config.yml' });
});

test('relative paths start at the folder of the file', async (t) => {
  const { baseFolder, file } = await loadConfiguration({ path: 'etc/config.yml', text: MINIMAL, env: {} });
  t.is(baseFolder, resolve('etc'));
  t.is(file, 'etc/config.yml');
});

test('the starter file of the repository is valid and causes no message', async (t) => {
  const { configuration, warnings, notYetInEffect } = await loadConfiguration({ path: 'config.yml', env: {} });
  t.deepEqual(configuration.storage.driver, { name: 'filesystem', options: { rootdirectory: './registry-data' } });
  t.true(configuration.storage.deleteEnabled);
  t.deepEqual(configuration.http.address, { host: '127.0.0.1', port: 5000 });
  t.deepEqual([...warnings, ...notYetInEffect], []);
});
