import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseDigest } from '../../../../core/digest/digest.ts';
import { PullStore } from '../../../../core/storage/pull-store.ts';
import { FilesystemDriver } from '../../../../drivers/filesystem/filesystem-driver.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { OCI_MANIFEST, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';
import { WorkerConnection, withWorkers } from '../../../helpers/http/with-workers.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

const APP = 'team/app';
const RULES = [{ repositories: ['**'], tags: ['v*'], keep: { pulledwithin: '720h' } }];

/** What is stored below a folder. */
async function storageAt(t: ExecutionContext, rootFolder: string) {
  const driver = await FilesystemDriver.open({ rootFolder, maxCalls: 10, warn: (text) => t.log(text) });
  t.teardown(() => driver[Symbol.asyncDispose]());
  return { driver, pulls: composeCore(driver).container.get(PullStore) };
}

async function statusOf(registry: Registry, method: string, reference: string, headers = {}): Promise<number> {
  return (await registry.ask(method, `/v2/${APP}/manifests/${reference}`, { headers })).status;
}

test('each manifest that a client gets or asks for is recorded at the stop, and what it cannot get is not', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} }, others: { retention: { rules: RULES } } });
  const digests = [];
  for (const tag of ['got', 'asked', 'had', 'deleted', 'never', 'pushed-again'])
    digests.push(await registry.pushImage(APP, tag, tag));
  const [got = '', asked = '', had = '', deleted = ''] = digests;
  t.is(await statusOf(registry, 'GET', 'got'), 200);
  t.is(await statusOf(registry, 'HEAD', asked), 200);
  t.is(await statusOf(registry, 'GET', 'had', { 'If-None-Match': `"${had}"` }), 304);
  t.is(await statusOf(registry, 'DELETE', deleted), 202);
  t.is(await statusOf(registry, 'GET', deleted), 404);
  t.is(await statusOf(registry, 'GET', 'unknown'), 404);
  await registry.pushImage(APP, 'pushed-again', 'pushed-again');
  await registry.stop();
  const { pulls } = await storageAt(t, registry.root);
  t.deepEqual([...(await pulls.read(name(APP))).hours.keys()].sort(), [got, asked, had].map(parseDigest).sort());
  t.not(await pulls.recording(), undefined);
});

test('an old client that gets an image in another form has pulled the manifest of the tag', async (t) => {
  const registry = await withRegistry(t, {
    storage: { filesystem: {} },
    others: { retention: { recordpulls: true }, compatibility: { schema1: { enabled: true } } },
  });
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } });
  await registry.pushBlob(APP, config);
  const type = 'application/vnd.docker.distribution.manifest.v2+json';
  const part = { mediaType: 'application/vnd.docker.container.image.v1+json', size: config.length };
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: { ...part, digest: await registry.pushBlob(APP, config) },
    layers: [],
  });
  const pushed = await registry.putManifest(APP, 'v1', { body, type });
  t.is(pushed.status, 201, pushed.text);
  const answer = await registry.ask('GET', `/v2/${APP}/manifests/v1`);
  await registry.stop();
  const { pulls } = await storageAt(t, registry.root);
  const digest = parseDigest(String(pushed.headers['docker-content-digest']));
  t.not(answer.headers['docker-content-digest'], digest);
  t.deepEqual([...(await pulls.read(name(APP))).hours.keys()], [digest]);
});

test('without a rule that asks for it, and while the registry is read-only, nothing is recorded', async (t) => {
  const folder = await tempRoot(t);
  const one = await withRegistry(t, { storage: { filesystem: {} }, folder });
  await one.pushImage(APP, 'v1');
  t.is(await statusOf(one, 'GET', 'v1'), 200);
  await one.stop();
  const maintenance = { readonly: { enabled: true } };
  const storage = { filesystem: {}, maintenance };
  const other = await withRegistry(t, { storage, folder, others: { retention: { rules: RULES } } });
  t.is(await statusOf(other, 'GET', 'v1'), 200);
  await other.stop();
  const { driver } = await storageAt(t, one.root);
  t.deepEqual(
    [...(await storedFiles(driver)).keys()].filter((path) => path.includes('_pulls')),
    [],
  );
});

test('pulls through two workers on one folder are recorded by each, and commands see them', async (t) => {
  const folder = await tempRoot(t);
  const running = await withWorkers(t, {}, { folder, others: { retention: { rules: RULES } } });
  const connections = await WorkerConnection.pair(t, running);
  const [first] = connections;
  const digests = [];
  for (const tag of ['v1', 'v2', 'v3']) {
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST.replace('manifest', 'index'),
      manifests: [],
      annotations: { tag },
    });
    const headers = { 'Content-Type': OCI_MANIFEST.replace('manifest', 'index') };
    const pushed = await first.ask('PUT', `/v2/${APP}/manifests/${tag}`, { body, headers });
    t.is(pushed.status, 201, pushed.text);
    digests.push(parseDigest(String(pushed.headers['docker-content-digest'])));
  }
  for (const [index, connection] of connections.entries())
    for (const tag of [`v${index + 1}`, 'v3'])
      t.is((await connection.ask('GET', `/v2/${APP}/manifests/${tag}`)).status, 200);
  running.signal('SIGTERM');
  await running.finished;
  const { driver, pulls } = await storageAt(t, join(folder, 'root'));
  t.deepEqual([...(await pulls.read(name(APP))).hours.keys()].sort(), digests.sort());
  t.is([...(await storedFiles(driver)).keys()].filter((path) => path.includes('/app/_pulls/')).length, 2);
  // No file is so old that a tag could go.
  const explained = await runInProcess(['retention', 'explain', APP, join(folder, 'config.yml')]);
  t.regex(explained.stdout, /^(v\d: stays \(rule 1\): it was pushed recently enough\n){3}$/);
});
