import test from 'ava';
import { deployedConfiguration, portOf, rootOf, secondsOf, stopSecondsOf, textOf, yamlOf } from './deployed.ts';

interface Service {
  readonly image: string;
  readonly read_only?: boolean;
  readonly init?: boolean;
  readonly stop_grace_period?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly networks: readonly string[] | { readonly inside: { readonly ipv4_address: string } };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const compose = await yamlOf<Compose>('deploy/compose.yaml');
const instances = Object.entries(compose.services).filter(([, { image }]) => image === 'stowage');
/** As they are after docker compose has inserted the secret. */
const variables = { ...instances[0]?.[1].environment, REGISTRY_HTTP_SECRET: 'the same in every instance' };

test('the instances differ only in their address', (t) => {
  t.is(instances.length, 3);
  const [first, ...others] = instances.map(([, { networks: _, ...service }]) => service);
  for (const other of others) t.deepEqual(other, first);
  const addresses = instances.map(([, { networks }]) => ('inside' in networks ? networks.inside.ipv4_address : ''));
  t.is(new Set(addresses).size, instances.length);
});

test('nginx passes requests on to these instances, at their port, and starts after them', async (t) => {
  const port = portOf(await deployedConfiguration(variables));
  const servers = [...(await textOf('deploy/nginx.conf')).matchAll(/^ *server (\S+:\d+)/gm)].map(
    ([, server]) => server,
  );
  const names = instances.map(([name]) => name);
  t.deepEqual(
    servers,
    names.map((name) => `${name}:${port}`),
  );
  t.deepEqual(Object.keys(compose.services['nginx']?.depends_on ?? {}), names);
});

test('an instance gets more time to stop than it takes, and a read-only root with its volume', async (t) => {
  const configuration = await deployedConfiguration(variables);
  for (const [name, service] of instances) {
    t.true(secondsOf(service.stop_grace_period ?? '') > stopSecondsOf(configuration), name);
    t.true(service.read_only, name);
    t.true(service.init, name);
    t.true(service.volumes?.includes(`registry:${rootOf(configuration)}`), name);
    t.true(service.healthcheck?.test.at(-1)?.includes(`http://127.0.0.1:${portOf(configuration)}/readyz'`), name);
  }
  t.true('registry' in compose.volumes);
});

test('its variables put locks and descriptors into its Redis', async (t) => {
  const { redis, storage } = await deployedConfiguration(variables);
  t.true('redis' in compose.services);
  t.deepEqual(redis?.addresses, [{ host: 'redis', port: 6379 }]);
  t.is(storage.descriptorCache, 'redis');
});

test('without a secret in the environment docker compose stops with a message', (t) => {
  for (const [name, { environment }] of instances) {
    t.regex(environment?.['REGISTRY_HTTP_SECRET'] ?? '', /^\$\{REGISTRY_HTTP_SECRET:\?/, name);
  }
});
