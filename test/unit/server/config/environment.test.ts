import test from 'ava';
import { load, MINIMAL, problemsOf } from './loading.ts';

const FILESYSTEM = 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: /a\n';

test('a variable overrides a key of the file', async (t) => {
  const { configuration } = await load(`${MINIMAL}http: {addr: ":1"}\n`, { REGISTRY_HTTP_ADDR: '127.0.0.1:7000' });
  t.deepEqual(configuration.http.address, { host: '127.0.0.1', port: 7000 });
});

test('a variable creates missing sections', async (t) => {
  const { configuration } = await load('version: 0.1\n', {
    REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/data',
    REGISTRY_STORAGE_DELETE_ENABLED: 'true',
    REGISTRY_AUTH_HTPASSWD_REALM: 'here',
    REGISTRY_LOG_FIELDS_SERVICE: 'registry',
  });
  t.deepEqual(configuration.storage.driver, { name: 'filesystem', options: { rootdirectory: '/data' } });
  t.true(configuration.storage.deleteEnabled);
  t.deepEqual(configuration.auth, [{ name: 'htpasswd', options: { realm: 'here' } }]);
  t.deepEqual(configuration.log.fields, { service: 'registry' });
});

test('values are YAML: sections, lists, flags of version 1.1', async (t) => {
  const { configuration } = await load(MINIMAL, {
    REGISTRY_HTTP: '{addr: ":1", relativeurls: on}',
    REGISTRY_HTTP_HEADERS: '{X-A: [b, c]}',
    REGISTRY_STORAGE_MAINTENANCE_READONLY: '{enabled: yes}',
  });
  t.deepEqual(configuration.http.address, { port: 1 });
  t.true(configuration.http.relativeUrls);
  t.deepEqual(configuration.http.headers, { 'X-A': ['b', 'c'] });
  t.true(configuration.storage.readOnly);
});

test('the leaves below storage.maintenance and middleware options, on which distribution panics, can be set', async (t) => {
  for (const text of [MINIMAL, `version: 0.1\nstorage: {inmemory: , maintenance: {readonly: {enabled: false}}}\n`]) {
    const { configuration, notYetInEffect } = await load(text, {
      REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED: 'true',
      REGISTRY_STORAGE_MAINTENANCE_UPLOADPURGING_ENABLED: 'false',
      REGISTRY_MIDDLEWARE_STORAGE_0_NAME: 'redirect',
      REGISTRY_MIDDLEWARE_STORAGE_0_OPTIONS_BASEURL: 'https://cdn.example.com',
    });
    t.true(configuration.storage.readOnly);
    t.deepEqual(notYetInEffect, []);
    t.deepEqual(configuration.storage.wrappers, [
      { name: 'redirect', options: { baseurl: 'https://cdn.example.com' }, at: 'middleware.storage[0]' },
    ]);
  }
});

test('a section variable is applied before those of its keys', async (t) => {
  const { configuration } = await load(FILESYSTEM, {
    REGISTRY_STORAGE_S3_BUCKET: 'b',
    REGISTRY_STORAGE_S3_REGION: 'r',
    REGISTRY_STORAGE: 's3',
  });
  t.deepEqual(configuration.storage.driver, { name: 's3', options: { bucket: 'b', region: 'r' } });
});

test('a driver in a variable and another one in the file are a problem that names both places', async (t) => {
  t.deepEqual(await problemsOf(FILESYSTEM, { REGISTRY_STORAGE_S3_BUCKET: 'b' }), [
    'REGISTRY_STORAGE_S3_BUCKET: storage.s3: 2 storage drivers: filesystem (config.yml:3) and s3 (REGISTRY_STORAGE_S3_BUCKET); there must be exactly one',
  ]);
});

test('an index after the last item appends, and a greater one is a problem', async (t) => {
  const text = `${MINIMAL}http: {secret: a, secrets: [b]}\n`;
  const { configuration } = await load(text, { REGISTRY_HTTP_SECRETS_0: 'c', REGISTRY_HTTP_SECRETS_1: 'd' });
  t.deepEqual(configuration.http.secrets, ['a', 'c', 'd']);
  t.deepEqual(await problemsOf(text, { REGISTRY_HTTP_SECRETS_2: 'd', REGISTRY_HTTP_SECRETS_X: 'd' }), [
    'REGISTRY_HTTP_SECRETS_2: the list has 1 items, so the next index is 1 and not 2',
    'REGISTRY_HTTP_SECRETS_X: "X" must be the index of a list item, such as 0',
  ]);
});

test('the fields whose names in distribution differ from the key are reached by those names', async (t) => {
  const { configuration, notYetInEffect, warnings } = await load(MINIMAL, {
    REGISTRY_NOTIFICATIONS_EVENTCONFIG_INCLUDEREFERENCES: 'true',
    REGISTRY_HEALTH_FILECHECKERS_0_FILE: '/down',
    REGISTRY_HEALTH_HTTPCHECKERS_0_URI: 'http://a/',
    REGISTRY_HEALTH_TCPCHECKERS_0_ADDR: 'a:1',
    REGISTRY_LOG_HOOKS_0_MAILOPTIONS_SMTP_ADDR: 'a:25',
    REGISTRY_REDIS_ADDRS: '[a:6379]',
  });
  t.deepEqual(warnings, []);
  t.deepEqual(notYetInEffect.toSorted(), ['log.hooks', 'notifications.events.includereferences']);
  const { files, http, tcp } = configuration.health;
  t.deepEqual([files[0]?.file, http[0]?.url, tcp[0]?.name], ['/down', 'http://a/', 'a:1']);
  t.deepEqual(configuration.redis?.addresses, [{ host: 'a', port: 6379 }]);
});

test('a variable that names no key is a warning with what was probably meant', async (t) => {
  const { warnings } = await load(MINIMAL, {
    REGISTRY_HTTP_ADR: ':1',
    REGISTRY_NOTIFICATIONS_EVENTS_INCLUDEREFERENCES: 'true',
    REGISTRY_WHATEVER: 'x',
    REGISTRY_VERSION: '0.2',
    REGISTRY_HTTP_ADDR_X: '1',
    REGISTRY_LOG_FIELDS__X: '1',
  });
  t.deepEqual(warnings, [
    'REGISTRY_HTTP_ADDR_X: ignored, there is nothing below that key',
    'REGISTRY_HTTP_ADR: ignored, did you mean REGISTRY_HTTP_ADDR?',
    'REGISTRY_LOG_FIELDS__X: ignored, a part of its name is empty',
    'REGISTRY_NOTIFICATIONS_EVENTS_INCLUDEREFERENCES: ignored, did you mean REGISTRY_NOTIFICATIONS_EVENTCONFIG_INCLUDEREFERENCES?',
    'REGISTRY_VERSION: ignored, the version cannot be overridden',
    'REGISTRY_WHATEVER: ignored, it names no key of the configuration',
  ]);
});

test('our own variables and those of other programs give no warning', async (t) => {
  const env = {
    REGISTRY_CONFIGURATION_PATH: '/c.yml',
    REGISTRY_HTTP_SECRET: 's',
    HOME: '/',
    REGISTRY: 'x',
    OTEL_X: 'y',
  };
  const { warnings, configuration } = await load(MINIMAL, env);
  t.deepEqual(warnings, []);
  t.deepEqual(configuration.http.secrets, ['s']);
});

test('a problem with the value of a variable names the variable and not the file', async (t) => {
  t.deepEqual(await problemsOf(MINIMAL, { REGISTRY_HTTP_DRAINTIMEOUT: 'soon', REGISTRY_HTTP_SECRETS: '[a' }), [
    'REGISTRY_HTTP_DRAINTIMEOUT: http.draintimeout: expected a duration such as 30s, 1h30m or 300ms, found "soon"',
    'REGISTRY_HTTP_SECRETS: http.secrets: the value is not valid YAML; put it into quotes',
  ]);
});

test('an empty value unsets a key', async (t) => {
  const { configuration } = await load(`${MINIMAL}log: {formatter: json}\n`, { REGISTRY_LOG_FORMATTER: '' });
  t.is(configuration.log.formatter, 'text');
});

test('an option of the file with an underscore or capitals in its name is reached', async (t) => {
  const text = 'version: 0.1\nstorage: {azure: {max_retries: 1, Container: a}}\n';
  const { configuration } = await load(text, {
    REGISTRY_STORAGE_AZURE_MAX_RETRIES: '7',
    REGISTRY_STORAGE_AZURE_CONTAINER: 'b',
  });
  t.deepEqual(configuration.storage.driver.options, { max_retries: 7, Container: 'b' });
});

test('a variable below a plain value is a warning and changes nothing', async (t) => {
  const { warnings, configuration } = await load(FILESYSTEM, { REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY_X: 'b' });
  t.deepEqual(warnings, ['REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY_X: ignored, the key above it has a plain value']);
  t.deepEqual(configuration.storage.driver.options, { rootdirectory: '/a' });
});
