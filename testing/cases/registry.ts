import assert from 'node:assert/strict';
import { content, type DriverCase, type DriverCaseContext, MIB } from '../driver-case.ts';
import type { Reply } from '../processes/registry.ts';
import { digestOf, ServedRegistry } from '../processes/registry.ts';

const TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = Buffer.from('{}');
/** Longer than a push of one blob, so that some pushes succeed. */
const FAULT_EVERY = 41;
/** Enough for a fault in each kind of request. */
const IMAGES = 5;
/** More than any run of faults lasts. */
const MAX_TRIES = 50;

async function start({ configured }: DriverCaseContext, faultEvery?: number): Promise<ServedRegistry> {
  assert.ok(configured);
  return ServedRegistry.start({ ...configured, ...(faultEvery !== undefined && { faultEvery }) });
}

function expect(reply: Reply, status: number, what: string): Reply {
  assert.equal(reply.status, status, `${what} must be answered with ${status}, not ${reply.status}: ${textOf(reply)}`);
  return reply;
}

function textOf({ headers, body }: Reply): string {
  return headers.get('content-type')?.includes('json') === true ? body.toString() : '';
}

async function pushBlob(registry: ServedRegistry, name: string, bytes: Buffer): Promise<string> {
  const digest = digestOf(bytes);
  const begun = expect(await registry.ask('POST', `/v2/${name}/blobs/uploads/`), 202, 'the start of an upload');
  let location = locationOf(begun);
  const half = Math.floor(bytes.byteLength / 2);
  const chunk = await registry.ask('PATCH', location, { body: bytes.subarray(0, half) });
  location = locationOf(expect(chunk, 202, 'a chunk'));
  const done = await registry.ask('PUT', withDigest(location, digest), { body: bytes.subarray(half) });
  expect(done, 201, 'the end of an upload');
  return digest;
}

async function pushImage(registry: ServedRegistry, name: string, layer: Buffer): Promise<Buffer> {
  const manifest = imageOf(layer);
  for (const bytes of [CONFIG, layer]) await pushBlob(registry, name, bytes);
  await pushManifest(registry, name, manifest);
  return manifest;
}

async function pushManifest(registry: ServedRegistry, name: string, body: Buffer): Promise<void> {
  const headers = { 'Content-Type': TYPE };
  expect(await registry.ask('PUT', `/v2/${name}/manifests/latest`, { headers, body }), 201, 'a manifest');
}

function imageOf(layer: Buffer): Buffer {
  const part = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.byteLength });
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: TYPE,
      config: part('application/vnd.oci.image.config.v1+json', CONFIG),
      layers: [part('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  );
}

async function assertPulled(
  registry: ServedRegistry,
  name: string,
  expected: { readonly layer: Buffer; readonly manifest: Buffer },
): Promise<void> {
  const manifest = expect(await insistOn(registry, 'GET', `/v2/${name}/manifests/latest`), 200, 'a pull by tag');
  assert.ok(manifest.body.equals(expected.manifest), 'the manifest that was pulled is not the one that was pushed');
  const layer = expect(await insistOn(registry, 'GET', blobPath(name, expected.layer)), 200, 'a pull of a layer');
  assert.ok(layer.body.equals(expected.layer), 'the layer that was pulled is not the one that was pushed');
}

function blobPath(name: string, bytes: Buffer): string {
  return `/v2/${name}/blobs/${digestOf(bytes)}`;
}

function locationOf({ headers }: Reply): string {
  return headers.get('location') ?? '';
}

function withDigest(location: string, digest: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}

/** Repeats a part of a push until it succeeds, as clients do. */
async function inTheEnd<Result>(action: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await action();
    } catch (error) {
      if (tries === MAX_TRIES) throw error;
    }
  }
}

/** Repeats a request without an answer, and one that the registry could not serve. Any other answer counts. */
async function insistOn(registry: ServedRegistry, method: string, path: string): Promise<Reply> {
  for (let tries = 1; ; tries += 1) {
    const reply = await registry.ask(method, path).catch((error: unknown) => error);
    if (isReply(reply) && reply.status < 500) return reply;
    assert.ok(tries < MAX_TRIES, `${method} ${path} failed ${tries} times`);
  }
}

function isReply(value: unknown): value is Reply {
  return typeof value === 'object' && value !== null && 'status' in value;
}

const CASES: readonly Pick<DriverCase, 'title' | 'run'>[] = [
  {
    title: 'an image is pushed, and pulled byte for byte, whole and in part',
    run: async (context) => {
      await using registry = await start(context);
      const layer = content(2 * MIB + 17);
      await assertPulled(registry, 'kit/image', { layer, manifest: await pushImage(registry, 'kit/image', layer) });
      const head = expect(await registry.ask('HEAD', blobPath('kit/image', layer)), 200, 'HEAD of a layer');
      assert.equal(head.headers.get('content-length'), String(layer.byteLength), 'the length of a layer');
      const headers = { Range: 'bytes=1000000-1000099' };
      const part = expect(await registry.ask('GET', blobPath('kit/image', layer), { headers }), 206, 'a range');
      assert.ok(part.body.equals(layer.subarray(1_000_000, 1_000_100)), 'the part is not that of the layer');
      const tags = expect(await registry.ask('GET', '/v2/kit/image/tags/list'), 200, 'the list of tags');
      assert.deepEqual(JSON.parse(tags.body.toString()), { name: 'kit/image', tags: ['latest'] });
    },
  },
  {
    title: 'a mounted layer stays when it is deleted in its source repository',
    run: async (context) => {
      await using registry = await start(context);
      const layer = content(MIB, 2);
      const digest = await pushBlob(registry, 'kit/first', layer);
      const mount = `/v2/kit/second/blobs/uploads/?mount=${encodeURIComponent(digest)}&from=kit/first`;
      expect(await registry.ask('POST', mount), 201, 'a mount');
      expect(await registry.ask('DELETE', blobPath('kit/first', layer)), 202, 'the deletion of a layer');
      expect(await registry.ask('GET', blobPath('kit/first', layer)), 404, 'a pull of a deleted layer');
      const pulled = expect(await registry.ask('GET', blobPath('kit/second', layer)), 200, 'a pull of a mounted layer');
      assert.ok(pulled.body.equals(layer), 'the layer that was mounted is not the one that was pushed');
    },
  },
  {
    title: 'a deleted manifest is gone, and can be pushed again',
    run: async (context) => {
      await using registry = await start(context);
      const layer = content(1000, 3);
      const manifest = await pushImage(registry, 'kit/image', layer);
      const path = `/v2/kit/image/manifests/${digestOf(manifest)}`;
      expect(await registry.ask('DELETE', path), 202, 'the deletion of a manifest');
      for (const gone of [path, '/v2/kit/image/manifests/latest']) {
        expect(await registry.ask('GET', gone), 404, 'a pull of a deleted manifest');
      }
      await assertPulled(registry, 'kit/image', { layer, manifest: await pushImage(registry, 'kit/image', layer) });
    },
  },
];

export const registryCases: readonly DriverCase[] = [
  ...CASES.map(
    (driverCase): DriverCase => ({ ...driverCase, group: 'registry', proves: 'registry', needs: 'configured' }),
  ),
  {
    title: 'a registry whose storage fails repeatedly serves no wrong content, and pushes succeed in the end',
    group: 'faults',
    proves: 'registry',
    needs: 'configured',
    run: async (context) => {
      await using registry = await start(context, FAULT_EVERY);
      const layer = content(MIB, 4);
      const manifest = imageOf(layer);
      for (let image = 0; image < IMAGES; image += 1) {
        const name = `kit/image-${image}`;
        for (const bytes of [CONFIG, layer]) await inTheEnd(() => pushBlob(registry, name, bytes));
        await inTheEnd(() => pushManifest(registry, name, manifest));
        await assertPulled(registry, name, { layer, manifest });
      }
      const deleted = await insistOn(registry, 'DELETE', blobPath('kit/image-0', layer));
      // 404: it was deleted by a request whose answer was lost.
      assert.ok([202, 404].includes(deleted.status), `a deletion must not be answered with ${deleted.status}`);
      const gone = await insistOn(registry, 'GET', blobPath('kit/image-0', layer));
      expect(gone, 404, 'a pull of a deleted layer');
    },
  },
];
