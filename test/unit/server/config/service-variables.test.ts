import test from 'ava';
import { load, MINIMAL, problemsOf } from './loading.ts';

/**
 * The variables that Kubernetes sets for the services `registry`, `registry-auth`, `registry-storage` and
 * `registry-redis`.
 */
const KUBERNETES = {
  REGISTRY_SERVICE_HOST: '10.96.0.10',
  REGISTRY_SERVICE_PORT: '5000',
  REGISTRY_SERVICE_PORT_HTTP: '5000',
  REGISTRY_PORT: 'tcp://10.96.0.10:5000',
  REGISTRY_PORT_5000_TCP: 'tcp://10.96.0.10:5000',
  REGISTRY_PORT_5000_TCP_PROTO: 'tcp',
  REGISTRY_PORT_5000_TCP_PORT: '5000',
  REGISTRY_PORT_5000_TCP_ADDR: '10.96.0.10',
  REGISTRY_AUTH_SERVICE_HOST: 'fd00::1',
  REGISTRY_AUTH_SERVICE_PORT: '5001',
  REGISTRY_AUTH_PORT: 'tcp://10.96.0.11:5001',
  REGISTRY_AUTH_PORT_5001_TCP: 'tcp://10.96.0.11:5001',
  REGISTRY_AUTH_PORT_5001_TCP_ADDR: '10.96.0.11',
  REGISTRY_STORAGE_PORT: 'tcp://10.96.0.12:9000',
  REGISTRY_STORAGE_SERVICE_HOST: '10.96.0.12',
  REGISTRY_REDIS_PORT: 'tcp://10.96.0.13:6379',
  REGISTRY_REDIS_PORT_6379_TCP_ADDR: '10.96.0.13',
  REGISTRY_DNS_PORT_53_UDP: 'udp://10.96.0.14:53',
};

test('the service variables of Kubernetes change nothing and give no warning', async (t) => {
  const { configuration, warnings, ofServices } = await load(MINIMAL, KUBERNETES);
  t.deepEqual(warnings, []);
  t.deepEqual(ofServices, Object.keys(KUBERNETES).toSorted());
  t.deepEqual(configuration, (await load(MINIMAL)).configuration);
});

test('the variable that names the credentials of podman and skopeo changes nothing', async (t) => {
  const { configuration, warnings } = await load(MINIMAL, { REGISTRY_AUTH_FILE: '/root/.docker/config.json' });
  t.deepEqual(warnings, []);
  t.deepEqual(configuration.auth, []);
  const { configuration: keyed } = await load(MINIMAL, { REGISTRY_AUTH_FILE: '{path: users.json}' });
  t.deepEqual(keyed.auth, [{ name: 'file', options: { path: 'users.json' } }]);
});

test('variables that only look like them count as the operator’s', async (t) => {
  const { configuration, ofServices } = await load(MINIMAL, {
    REGISTRY_LOG_FIELDS_SERVICE: 'registry',
    REGISTRY_LOG_FIELDS_PORT: '5000',
    REGISTRY_LOG_FIELDS_A_PORT: 'tcp://a',
    REGISTRY_STORAGE_INMEMORY_PORT: '9000',
  });
  t.deepEqual(ofServices, []);
  t.deepEqual(configuration.log.fields, { service: 'registry', port: 5000, a: { port: 'tcp://a' } });
  t.deepEqual(configuration.storage.driver.options, { port: 9000 });
  t.deepEqual(await problemsOf(MINIMAL, { REGISTRY_AUTH_PORT: '5000' }), [
    'REGISTRY_AUTH_PORT: auth.port: expected a section with keys, found a plain value',
  ]);
});
