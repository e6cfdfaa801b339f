import { readFile } from 'node:fs/promises';
import test from 'ava';
import { checkStart } from '../../../../server/composition/start-problems.ts';
import type { Environment, LoadedConfiguration } from '../../../../server/config/index.ts';
import { load, problemsOf } from './loading.ts';

const text = (vendor: string): Promise<string> => readFile(`test/unit/server/config/vendors/${vendor}.yml`, 'utf8');
const told = ({ warnings, notYetInEffect }: LoadedConfiguration): readonly string[] => [...warnings, ...notYetInEffect];

async function loadFile(vendor: string, env: Environment = {}): Promise<LoadedConfiguration> {
  return load(await text(vendor), env);
}

test("Harbor's file is refused for its endpoint only, without which it starts as before", async (t) => {
  const harbor = await text('harbor');
  t.deepEqual(await problemsOf(harbor), [
    'config.yml:43: notifications.endpoints: this version sends no events to endpoints; remove the endpoints, or disable each',
  ]);
  const loaded = await load(harbor.replace('disabled: false', 'disabled: true'));
  const { configuration } = loaded;
  t.deepEqual(configuration.redis?.addresses, [{ host: 'redis', port: 6379 }]);
  t.is(configuration.redis?.database, 1);
  t.is(configuration.redis?.tls, undefined);
  t.is(configuration.redis?.password, undefined);
  t.is(configuration.storage.descriptorCache, 'redis');
  t.true(configuration.storage.deleteEnabled);
  t.false(configuration.validation.enabled);
  t.deepEqual(configuration.compatibility, { schema1: { keyFile: undefined } });
  t.is(configuration.auth[0]?.name, 'htpasswd');
  t.deepEqual(told(loaded), [
    'config.yml:20: redis.addrs: redis.addr is deprecated, use redis.addrs',
    'config.yml:24: redis.tls.enabled: redis.enableTLS is deprecated, use redis.tls.enabled',
    'config.yml:8: storage.cache.layerinfo: is deprecated, use storage.cache.blobdescriptor',
    'config.yml:27: redis.pool: has no effect; its keys are now redis.maxidleconns, redis.maxactiveconns and redis.connmaxidletime',
    'redis.writetimeout',
  ]);
});

test("Harbor's file with sentinels, TLS and a flag in quotation marks is understood", async (t) => {
  const loaded = await loadFile('harbor-sentinel');
  const { configuration } = loaded;
  t.deepEqual(configuration.redis?.addresses, [
    { host: 'sentinel-0', port: 26379 },
    { host: 'sentinel-1', port: 26379 },
    { host: 'sentinel-2', port: 26379 },
  ]);
  t.is(configuration.redis?.masterName, 'mymaster');
  t.deepEqual(configuration.redis?.tls, { authorityFiles: [] });
  t.true(configuration.storage.deleteEnabled);
  t.deepEqual(told(loaded), [
    'config.yml:10: redis.addrs: redis.addr is deprecated, use redis.addrs',
    'config.yml:11: redis.mastername: redis.sentinelMasterSet is deprecated, use redis.mastername',
    'config.yml:12: redis.tls.enabled: redis.enableTLS is deprecated, use redis.tls.enabled',
    'config.yml:4: storage.cache.layerinfo: is deprecated, use storage.cache.blobdescriptor',
    'config.yml:8: storage.delete.enabled: true in quotation marks is taken for what it says; leave them out',
  ]);
});

test("GitLab's file is understood, with its tokens", async (t) => {
  const loaded = await loadFile('gitlab');
  const ofGitLab = "has no effect: it is of GitLab's registry; remove it";
  t.deepEqual(told(loaded), [
    `config.yml:38: validation.manifests.referencelimit: ${ofGitLab}`,
    "config.yml:39: validation.manifests.payloadsizelimit: has no effect: it is of GitLab's registry; the key here is http.maxmanifestsize",
    `config.yml:40: database: ${ofGitLab}`,
    `config.yml:42: gc: ${ofGitLab}`,
  ]);
  t.deepEqual((await checkStart(loaded)).problems, []);
});

test("GitLab's file with its database is refused, because the storage alone would not have all tags", async (t) => {
  const found = await problemsOf(
    (await text('gitlab')).replace('database:\n  enabled: false', 'database:\n  enabled: true'),
  );
  t.is(found.length, 1);
  t.regex(found[0] ?? '', /^config\.yml:40: database: is the database of GitLab's registry, without which/);
});

test("docker's file for development is understood", async (t) => {
  const loaded = await loadFile('docker-development');
  t.deepEqual(loaded.configuration.redis?.addresses, [{ host: 'localhost', port: 6379 }]);
  t.is(loaded.configuration.storage.descriptorCache, 'redis');
  t.deepEqual(told(loaded), [
    'config.yml:43: redis.addrs: redis.addr is deprecated, use redis.addrs',
    'config.yml:44: redis.pool: has no effect; its keys are now redis.maxidleconns, redis.maxactiveconns and redis.connmaxidletime',
    'log.hooks',
    'redis.writetimeout',
    'notifications.events.includereferences',
  ]);
});

test("docker's file of a mirror is refused, and never starts an empty registry that all clients may write to", async (t) => {
  t.deepEqual(await problemsOf(await text('docker-cache')), [
    'config.yml:22: proxy: this version cannot be the mirror of another registry; remove the section to run a registry of its own, which is empty and can be written to',
  ]);
});

for (const vendor of ['docker-image', 'debian']) {
  test(`the file ${vendor} starts without a message`, async (t) => {
    t.deepEqual(told(await loadFile(vendor)), []);
  });
}

test('the file of the Helm chart starts with the variables of its deployment and those of Kubernetes', async (t) => {
  const loaded = await loadFile('helm-chart', {
    REGISTRY_AUTH: 'htpasswd',
    REGISTRY_AUTH_HTPASSWD_REALM: 'Registry Realm',
    REGISTRY_AUTH_HTPASSWD_PATH: '/auth/htpasswd',
    REGISTRY_HTTP_SECRET: 'S3cret #1',
    REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/var/lib/registry',
    REGISTRY_STORAGE_DELETE_ENABLED: 'true',
    REGISTRY_DOCKER_REGISTRY_SERVICE_HOST: '10.96.0.10',
    REGISTRY_DOCKER_REGISTRY_SERVICE_PORT: '5000',
    REGISTRY_DOCKER_REGISTRY_PORT: 'tcp://10.96.0.10:5000',
    REGISTRY_DOCKER_REGISTRY_PORT_5000_TCP_PROTO: 'tcp',
  });
  t.deepEqual(told(loaded), []);
  t.is(loaded.ofServices.length, 4);
  t.deepEqual(loaded.configuration.auth[0], {
    name: 'htpasswd',
    options: { realm: 'Registry Realm', path: '/auth/htpasswd' },
  });
  t.deepEqual(loaded.configuration.http.secrets, ['S3cret #1']);
});

test('the old address of Redis in a variable counts as a current one', async (t) => {
  const { configuration, warnings } = await loadFile('docker-image', { REGISTRY_REDIS_ADDR: 'redis:6379' });
  t.deepEqual(configuration.redis?.addresses, [{ host: 'redis', port: 6379 }]);
  t.deepEqual(warnings, ['REGISTRY_REDIS_ADDR: redis.addrs: redis.addr is deprecated, use redis.addrs']);
});

test('the old address has no effect if the new one is set, with a warning', async (t) => {
  const { configuration, warnings } = await loadFile('docker-image', {
    REGISTRY_REDIS_ADDR: 'old:6379',
    REGISTRY_REDIS_ADDRS: '[new:6379]',
  });
  t.deepEqual(configuration.redis?.addresses, [{ host: 'new', port: 6379 }]);
  t.deepEqual(warnings, ['REGISTRY_REDIS_ADDR: redis.addrs: redis.addr has no effect beside it; remove that']);
});

for (const host of ['https://r.example.com:8443/images', 'https://r.example.com:8443/images/']) {
  test(`the path in http.host ${host} is kept`, async (t) => {
    const { configuration } = await loadFile('docker-image', { REGISTRY_HTTP_HOST: host });
    t.is(configuration.http.externalUrl, 'https://r.example.com:8443/images');
  });
}
