import { readdir } from 'node:fs/promises';
import test from 'ava';
import { deployedConfiguration, portOf, rootOf, stopSecondsOf, textOf, yamlOf } from './deployed.ts';

type Labels = Readonly<Record<string, string>>;

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

interface Container {
  readonly env: readonly {
    name: string;
    value?: string;
    valueFrom?: { secretKeyRef: { name: string; key: string } };
  }[];
  readonly ports: readonly { name: string; containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly { name: string; mountPath: string; subPath?: string }[];
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly [Container];
  readonly volumes: readonly {
    name: string;
    configMap?: { name: string };
    persistentVolumeClaim?: { claimName: string };
  }[];
}

interface Deployment {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: { readonly matchLabels: Labels };
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: Pod };
  };
}

const FOLDER = 'deploy/kubernetes';
const { spec } = await yamlOf<Deployment>(`${FOLDER}/deployment.yaml`);
const pod = spec.template.spec;
const [container] = pod.containers;
const configuration = await deployedConfiguration({});

test('each file is one object with a kind and the name that the others use', async (t) => {
  const files = await readdir(FOLDER);
  const kinds = await Promise.all(
    files.map(async (file) => {
      const { kind, metadata } = await yamlOf<{ kind: string; metadata: { name: string } }>(`${FOLDER}/${file}`);
      t.is(metadata.name, 'stowage', file);
      return kind;
    }),
  );
  t.deepEqual(kinds.toSorted(), ['ConfigMap', 'Deployment', 'PersistentVolumeClaim', 'PodDisruptionBudget', 'Service']);
});

test('the probes ask for paths that the registry has, at the port at which it listens', (t) => {
  t.deepEqual(container.ports, [{ name: 'http', containerPort: portOf(configuration) }]);
  const { startupProbe, livenessProbe, readinessProbe } = container;
  t.deepEqual(
    [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet),
    ['/livez', '/livez', '/readyz'].map((path) => ({ path, port: 'http' })),
  );
  // A storage that hangs counts as away after two seconds; a probe that gives up earlier would not learn the reason.
  t.true(readinessProbe.timeoutSeconds > 2);
});

test('requests are accepted until balancers have noticed, and the end comes after all are answered', (t) => {
  const { periodSeconds, failureThreshold } = container.readinessProbe;
  t.true(configuration.http.drainDelayMs / 1000 > periodSeconds * (failureThreshold + 1));
  t.true(pod.terminationGracePeriodSeconds > stopSecondsOf(configuration));
});

test('instances are not root and write only to their volumes', async (t) => {
  const user = /^USER (\d+):(\d+)$/m.exec(await textOf('Dockerfile'));
  t.like(pod.securityContext, {
    runAsNonRoot: true,
    runAsUser: Number(user?.[1]),
    runAsGroup: Number(user?.[2]),
    fsGroup: Number(user?.[2]),
  });
  t.like(container.securityContext, { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
  const places = new Map(container.volumeMounts.map(({ name, mountPath }) => [name, mountPath]));
  t.is(places.get('registry'), rootOf(configuration));
  t.deepEqual([...places.keys()].toSorted(), pod.volumes.map(({ name }) => name).toSorted());
});

test('the configuration is mounted where the image looks for it, as a folder that can change', async (t) => {
  const mount = container.volumeMounts.find(({ name }) => name === 'config');
  t.regex(await textOf('Dockerfile'), new RegExp(`^CMD .*"${mount?.mountPath}/config.yml"`, 'm'));
  t.is(mount?.subPath, undefined);
  t.is(pod.volumes.find(({ name }) => name === 'config')?.configMap?.name, 'stowage');
  t.is(pod.volumes.find(({ name }) => name === 'registry')?.persistentVolumeClaim?.claimName, 'stowage');
});

test('the secret is the one that the instructions create', async (t) => {
  const [variable, ...others] = container.env;
  t.is(variable?.name, 'REGISTRY_HTTP_SECRET');
  t.true(others.every(({ valueFrom }) => valueFrom === undefined));
  const { name, key } = variable?.valueFrom?.secretKeyRef ?? {};
  const command = `kubectl create secret generic ${name} --from-literal=${key}=$(openssl rand -hex 32)`;
  for (const path of [`${FOLDER}/deployment.yaml`, 'docs/operations/cluster.md'])
    t.true((await textOf(path)).includes(command), path);
});

test('the service and the disruption budget choose the pods of the deployment', async (t) => {
  const { labels } = spec.template.metadata;
  t.deepEqual(spec.selector.matchLabels, labels);
  const budget = await yamlOf<{ spec: { selector: { matchLabels: Labels } } }>(`${FOLDER}/pod-disruption-budget.yaml`);
  t.deepEqual(budget.spec.selector.matchLabels, labels);
  const service = await yamlOf<{ spec: { selector: Labels; ports: [{ targetPort: string }] } }>(
    `${FOLDER}/service.yaml`,
  );
  t.deepEqual(service.spec.selector, labels);
  t.is(service.spec.ports[0].targetPort, 'http');
});

test('garbage is collected only when the operator has looked at the volume, which may be on NFS', async (t) => {
  const variables = container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  t.not(configuration.storage.gc.intervalMs, undefined);
  t.is((await deployedConfiguration(Object.fromEntries(variables))).storage.gc.intervalMs, undefined);
});
