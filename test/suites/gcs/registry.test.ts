import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { content } from '../../../testing/driver-case.ts';
import type { Fault } from '../../helpers/http/faulty-proxy.ts';
import { ask, pathOf } from '../../helpers/http/http-request.ts';
import { withQuery } from '../../helpers/http/with-registry.ts';
import { seedOf } from '../clients/client-test.ts';
import { run } from '../clients/commands.ts';
import { containersHome } from '../clients/containers-home.ts';
import { blobDigests, readEntry, writeImageLayout } from '../clients/images/oci-layout.ts';
import { SMALL_LAYERS } from '../clients/images/recipe.ts';
import { emulatorUrl, newBucket, testsWithEmulator } from './emulator.ts';
import { keysOf, openBucket } from './gcs-driver.ts';
import { startProxy } from './proxy.ts';
import { type RegistryProcess, startGcsRegistry } from './registry-process.ts';

const test = testsWithEmulator('a registry', { skopeo: 'skopeo' });

const MIB = 1024 * 1024;
const LAYERS = [...SMALL_LAYERS, [20_000_000]];

/** Pushes an image with skopeo to one registry and pulls it from another; all of its blobs must arrive. */
async function pushAndPull(t: ExecutionContext, to: RegistryProcess, from: RegistryProcess): Promise<void> {
  const { folder, env } = await containersHome(t);
  const [pushed, pulled] = [join(folder, 'pushed'), join(folder, 'pulled')];
  await writeImageLayout(pushed, { seed: seedOf(t), layers: LAYERS });
  const copy = (source: string, target: string) =>
    run('skopeo', ['copy', '--src-tls-verify=false', '--dest-tls-verify=false', source, target], { env });
  await copy(`oci:${pushed}:latest`, `docker://${to.host}/library/example:v1`);
  await copy(`docker://${from.host}/library/example:v1`, `oci:${pulled}:latest`);
  t.is((await readEntry(pulled)).digest, (await readEntry(pushed)).digest);
  t.deepEqual(await blobDigests(pulled), await blobDigests(pushed));
}

test('an image that skopeo pushes to one registry is pulled from another one on the same bucket', async (t) => {
  const options = { bucket: await newBucket(), endpoint: await emulatorUrl(), rootdirectory: '/first' };
  const [one, other] = [await startGcsRegistry(t, options), await startGcsRegistry(t, options)];

  await pushAndPull(t, one, other);

  const keys = await keysOf(openBucket(options.bucket, options.endpoint));
  t.true(keys.includes('first/docker/registry/v2/repositories/library/example/_manifests/tags/v1/current/link'));
  t.deepEqual(
    keys.filter((key) => key.includes('/_uploads/') || key.endsWith('/')),
    [],
  );
});

test('a registry finds the emulator by STORAGE_EMULATOR_HOST', async (t) => {
  const registry = await startGcsRegistry(
    t,
    { bucket: await newBucket() },
    { STORAGE_EMULATOR_HOST: await emulatorUrl() },
  );
  await pushAndPull(t, registry, registry);
});

test('chunks of an upload may be sent to two registries in turn', async (t) => {
  const options = { bucket: await newBucket(), endpoint: await emulatorUrl(), chunksize: 262144 };
  const registries = [await startGcsRegistry(t, options), await startGcsRegistry(t, options)] as const;
  const chunks = [1000, 300_000, 7, 900_000].map((size, seed) => content(size, seed));
  const digest = `sha256:${createHash('sha256').update(Buffer.concat(chunks)).digest('hex')}`;

  let answer = await ask(registries[0], 'POST', '/v2/app/blobs/uploads/');
  for (const [index, body] of chunks.entries()) {
    answer = await ask(registries[index % 2 === 0 ? 1 : 0], 'PATCH', pathOf(answer.headers.location), { body });
    t.is(answer.status, 202);
  }
  const finished = await ask(registries[1], 'PUT', withQuery(pathOf(answer.headers.location), { digest }));

  t.is(finished.status, 201);
  const pulled = await ask(registries[0], 'GET', `/v2/app/blobs/${digest}`);
  t.is(pulled.status, 200);
  t.true(pulled.body.equals(Buffer.concat(chunks)));
});

test('skopeo pushes and pulls while one of twelve requests to the service goes wrong', async (t) => {
  const proxy = await startProxy(t);
  const seed = seedOf(t);
  const faults: readonly Fault[] = [
    { answer: 503 },
    { answer: 429, retryAfter: '1' },
    'lost-request',
    'lost-answer',
    { cutAfter: 5000 },
  ];
  let count = 0;
  proxy.faults = () => {
    const random = createHash('sha256')
      .update(`${seed}/${(count += 1)}`)
      .digest();
    return random.readUInt8(0) % 12 === 0 ? faults[random.readUInt8(1) % faults.length] : undefined;
  };
  const registry = await startGcsRegistry(t, { bucket: await newBucket(), endpoint: proxy.url, chunksize: 4 * MIB });

  await pushAndPull(t, registry, registry);

  t.true(proxy.faultCount > 2, `only ${proxy.faultCount} faults`);
});

test('pushing 512 MiB holds less than 96 MiB above an idle registry', async (t) => {
  const registry = await startGcsRegistry(t, { bucket: await newBucket(), endpoint: await emulatorUrl() });
  const piece = content(MIB);
  const hash = createHash('sha256');
  for (let index = 0; index < 512; index += 1) hash.update(piece);
  const digest = `sha256:${hash.digest('hex')}`;
  await ask(registry, 'GET', '/v2/');
  const idleBytes = await registry.memory('VmRSS');

  const begun = await ask(registry, 'POST', '/v2/app/blobs/uploads/');
  const body = (async function* () {
    for (let index = 0; index < 512; index += 1) yield piece;
  })();
  const pushed = await ask(registry, 'PUT', withQuery(pathOf(begun.headers.location), { digest }), { body });

  t.is(pushed.status, 201);
  const aboveMiB = ((await registry.memory('VmHWM')) - idleBytes) / MIB;
  t.log(`${aboveMiB.toFixed(1)} MiB above ${(idleBytes / MIB).toFixed(1)} MiB`);
  t.true(aboveMiB < 96, `${aboveMiB} MiB`);
});
