import type { ExecutionContext } from 'ava';
import { assertLean, requestCosts } from '../../helpers/core/request-costs.ts';
import { FaultyProxy } from '../../helpers/http/faulty-proxy.ts';
import type { SeenRequest } from '../../helpers/http/seen-request.ts';
import { type Client, digestOf, imageOf } from '../interop/client.ts';
import { findDistribution, type Kind, serve } from '../interop/registries.ts';
import { emulatorUrl, KEYS, newBucket, REGION, testsOn, VERSITYGW } from './emulators.ts';
import { keysOf, openS3 } from './s3-driver.ts';

const test = testsOn(VERSITYGW, 'a registry', { packages: { 'docker-registry': 'docker-registry' } });

// docker-registry cannot start with certificates of the environment.
delete process.env['AWS_CA_BUNDLE'];

/** Serves a bucket with Stowage or with distribution. */
function serveBucket(t: ExecutionContext, kind: Kind, bucket: string, endpoint: string): Promise<Client> {
  const s3 = { ...KEYS, bucket, region: REGION, regionendpoint: endpoint, forcepathstyle: true, rootdirectory: '/a/b' };
  // What distribution asks for differs in what it waits for.
  return serve(t, kind, '', { storage: { s3, delete: { enabled: true }, redirect: { disable: true } } });
}

const THEIRS: readonly Kind[] =
  findDistribution() === undefined ? ['docker-registry'] : ['docker-registry', 'distribution'];

for (const theirs of THEIRS) {
  test(`Stowage and ${theirs} read, mount and delete in one bucket what the other wrote`, async (t) => {
    const bucket = await newBucket(VERSITYGW);
    const url = await emulatorUrl(VERSITYGW);
    const [stowage, other] = [await serveBucket(t, 'stowage', bucket, url), await serveBucket(t, theirs, bucket, url)];
    for (const [index, [writer, reader]] of [[stowage, other] as const, [other, stowage] as const].entries()) {
      const image = imageOf(`${theirs} ${index}`);
      const name = `team/app-${index}`;
      await writer.push(name, 'v1', image);
      for (const reference of ['v1', digestOf(image.manifest)]) {
        t.true((await reader.bytes(`/v2/${name}/manifests/${reference}`)).equals(image.manifest));
      }
      for (const blob of image.blobs) t.true((await reader.bytes(`/v2/${name}/blobs/${digestOf(blob)}`)).equals(blob));
      t.deepEqual(await reader.json(`/v2/${name}/tags/list`), { name, tags: ['v1'] });
      const layer = digestOf(image.blobs[1] ?? Buffer.alloc(0));
      await reader.ask('POST', `/v2/copy-${index}/blobs/uploads/?mount=${layer}&from=${name}`, 201);
      await writer.ask('DELETE', `/v2/copy-${index}/blobs/${layer}`, 202);
      await reader.ask('GET', `/v2/copy-${index}/blobs/${layer}`, 404);
      await reader.ask('DELETE', `/v2/${name}/manifests/${digestOf(image.manifest)}`, 202);
      await writer.ask('GET', `/v2/${name}/manifests/v1`, 404);
    }
    const keys = await keysOf(VERSITYGW, bucket);
    t.true(
      keys.every((key) => key.startsWith('a/b/docker/registry/v2/') || key.startsWith('a/b/.stowage/')),
      String(keys),
    );
    t.deepEqual(
      keys.filter((key) => key.includes('~')),
      [],
    );
  });
}

test('chunks of an upload may be sent to two registries in turn, and one of twelve calls goes wrong', async (t) => {
  const proxy = await FaultyProxy.start(t, await emulatorUrl(VERSITYGW));
  const bucket = await newBucket(VERSITYGW);
  const registries = [
    await serveBucket(t, 'stowage', bucket, proxy.url),
    await serveBucket(t, 'stowage', bucket, proxy.url),
  ] as const;
  const faults = [{ answer: 503 }, 'lost-request', 'lost-answer', { cutAfter: 5000 }] as const;
  proxy.faults = () => (proxy.seen.length % 12 === 0 ? faults[(proxy.seen.length / 12) % faults.length] : undefined);
  const chunks = [1000, 6_000_000, 7, 11_000_000].map((size, seed) => Buffer.alloc(size, `${seed} chunk`));
  let location = await registries[0].begin('app');
  for (const [index, chunk] of chunks.entries())
    location = await registries[index % 2 === 0 ? 1 : 0].send(location, chunk);
  const bytes = Buffer.concat(chunks);
  await registries[1].finish(location, digestOf(bytes));
  t.true((await registries[0].bytes(`/v2/app/blobs/${digestOf(bytes)}`)).equals(bytes));
  t.true(proxy.faultCount > 2, `only ${proxy.faultCount} faults`);
  t.deepEqual(
    (await keysOf(VERSITYGW, bucket)).filter((key) => key.includes('_uploads')),
    [],
  );
});

test('a push of a small blob makes at most three calls one after the other on S3', async (t) => {
  assertLean(t, await requestCosts(t, await openS3(await newBucket(VERSITYGW), await emulatorUrl(VERSITYGW))));
});

/** Whether a call is about a repository of the test or a blob; jobs make others at any time. */
function isOfRequest({ url, body }: SeenRequest): boolean {
  const keys = url.includes('delete=') ? body.toString() : decodeURIComponent(url);
  return /\/repositories\/(?:app|copy)\/|\/blobs\/sha256\//.test(keys);
}

/** The calls of one request of each kind. */
async function callsOf(t: ExecutionContext, kind: Kind): Promise<Readonly<Record<string, number>>> {
  const proxy = await FaultyProxy.start(t, await emulatorUrl(VERSITYGW));
  const registry = await serveBucket(t, kind, await newBucket(VERSITYGW), proxy.url);
  const { blobs, manifest } = imageOf('counted');
  const [config = Buffer.alloc(0), layer = Buffer.alloc(0), small = Buffer.alloc(0)] = blobs;
  const large = Buffer.alloc(40_000_000, 'large');
  const calls: Record<string, number> = {};
  const count = async (name: string, action: () => Promise<unknown>): Promise<void> => {
    const before = proxy.seen.length;
    await action();
    calls[name] = proxy.seen.slice(before).filter(isOfRequest).length;
  };
  // The first push begins the repository.
  await registry.push('app', 'before', imageOf('before'));
  await count('push of a small blob: POST, PUT', async () =>
    registry.finish(await registry.begin('app'), digestOf(config), config),
  );
  await count('push of a small blob: POST, PATCH, PUT', async () =>
    registry.finish(await registry.send(await registry.begin('app'), layer), digestOf(layer)),
  );
  await count('push of 40 MB: POST, PATCH, PUT', async () =>
    registry.finish(await registry.send(await registry.begin('app'), large), digestOf(large)),
  );
  await registry.finish(await registry.begin('app'), digestOf(small), small);
  await count('mount', () => registry.ask('POST', `/v2/copy/blobs/uploads/?mount=${digestOf(config)}&from=app`, 201));
  await count('HEAD of a blob', () => registry.ask('HEAD', `/v2/app/blobs/${digestOf(layer)}`, 200));
  await count('GET of a blob', () => registry.bytes(`/v2/app/blobs/${digestOf(layer)}`));
  await count('PUT of a manifest with a tag', () => registry.putManifest('app', 'v1', manifest));
  await count('GET of a manifest by its tag', () => registry.bytes('/v2/app/manifests/v1'));
  await count('GET of a manifest by its digest', () => registry.bytes(`/v2/app/manifests/${digestOf(manifest)}`));
  await count('list of the tags', () => registry.json('/v2/app/tags/list'));
  await count('DELETE of a manifest', () => registry.ask('DELETE', `/v2/app/manifests/${digestOf(manifest)}`, 202));
  return calls;
}

/** At most so many of the calls of distribution. */
const SHARES: Readonly<Record<string, number>> = {
  'push of a small blob: POST, PUT': 0.2,
  'push of a small blob: POST, PATCH, PUT': 0.5,
  'HEAD of a blob': 0.5,
  'GET of a blob': 0.5,
  'GET of a manifest by its tag': 0.5,
  'GET of a manifest by its digest': 0.5,
  // Nobody but Stowage keeps the history of a tag, and finds the tags that must stay.
  'DELETE of a manifest': 1.5,
};

test('a request makes no more calls than that of distribution, and most make at most half', async (t) => {
  const ours = await callsOf(t, 'stowage');
  for (const kind of THEIRS) {
    const theirs = await callsOf(t, kind);
    t.log(JSON.stringify({ ours, [kind]: theirs }));
    for (const [name, calls] of Object.entries(ours)) {
      const most = (theirs[name] ?? 0) * (SHARES[name] ?? 1);
      t.true(calls <= most, `${name}: ${calls} calls, and ${theirs[name]} of ${kind}`);
    }
  }
});
