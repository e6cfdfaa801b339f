import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { LayoutStore } from '../../../../client/stores/layout/layout-store.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import type { IncomingBlob, ObjectStore } from '../../../../client/stores/object-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { StoreError } from '../../../../client/stores/store-error.ts';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { OCTET_STREAM } from '../../../../core/model/media-types.ts';
import { parseRepositoryName, parseTag } from '../../../../core/model/reference.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { collect } from '../../../helpers/client/collect.ts';
import { randomLayers, tagged } from '../../../helpers/client/images.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const ONE_MIB = 1024 * 1024;
const repository = parseRepositoryName('team/app');
const host = 'registry.test';

/** Bytes that are still under way to it are lost with the connection; suites/crash counts what it keeps. */
const REMOTE = 'a remote registry';

/** Every kind of store that takes single writes. */
const STORES: Readonly<Record<string, (t: ExecutionContext) => ObjectStore | Promise<ObjectStore>>> = {
  memory: () => new MemoryStore(),
  'a layout': async (t) => new LayoutStore(join(await tempRoot(t), 'new')),
  'a registry': () => new RegistryStore({ registry: memoryRegistry() }, { host, repository }),
  'a local registry': () =>
    new RegistryStore({ registry: composeCore(new MemoryDriver()).registry }, { host, repository }),
  [REMOTE]: async (t) =>
    new RegistryStore({ registry: openRemote(t, (await withRegistry(t)).address) }, { host, repository }),
};

interface Sent extends IncomingBlob {
  readonly starts: number[];
  readonly steps: string[];
}

/** A blob whose body breaks off, each time it is opened, after so many bytes of all. */
function blobOf(bytes: Buffer, ends: readonly number[] = [], digest: Digest = digestOf(bytes)): Sent {
  const starts: number[] = [];
  const steps: string[] = [];
  const left = [...ends];
  return {
    descriptor: { mediaType: OCTET_STREAM, digest, size: bytes.byteLength },
    starts,
    steps,
    open: async (start) => {
      starts.push(start);
      return parts(bytes.subarray(start, left[0]), left.shift() !== undefined);
    },
    report: (step) => steps.push(step.type === 'progress' ? `${step.type} ${step.bytes}` : step.type),
  };
}

async function* parts(bytes: Buffer, breaks: boolean): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 100_000) yield bytes.subarray(at, at + 100_000);
  if (breaks) throw new Error('the source broke');
}

for (const [kind, open] of Object.entries(STORES)) {
  test(`${kind} gives back a blob that it has taken, from any place`, async (t) => {
    await using store = await open(t);
    const [bytes = Buffer.of()] = randomLayers(1, 300_000);
    const blob = blobOf(bytes);
    t.is(await store.blobSize(blob.descriptor.digest), undefined);
    await store.writeBlob(blob);
    t.is(await store.blobSize(blob.descriptor.digest), bytes.byteLength);
    for (const start of [0, 1, 299_999]) {
      t.deepEqual(Buffer.concat(await collect(await store.openBlob(blob.descriptor, start))), bytes.subarray(start));
    }
    t.is(blob.steps.at(-1), 'progress 300000');
  });

  test(`${kind} takes a blob without bytes`, async (t) => {
    await using store = await open(t);
    const blob = blobOf(Buffer.of());
    await store.writeBlob(blob);
    t.is(await store.blobSize(blob.descriptor.digest), 0);
  });

  test(`${kind} keeps what came before a failure, and resumes there`, async (t) => {
    await using store = await open(t);
    const [bytes = Buffer.of()] = randomLayers(1, 3 * ONE_MIB);
    const first = blobOf(bytes, [ONE_MIB]);
    await t.throwsAsync(store.writeBlob(first), { message: 'the source broke' });
    t.is(await store.blobSize(first.descriptor.digest), undefined);
    const second = blobOf(bytes);
    await store.writeBlob(second);
    if (kind !== REMOTE) t.deepEqual([second.starts.at(-1), second.steps[0]], [ONE_MIB, 'resumed']);
    t.deepEqual(Buffer.concat(await collect(await store.openBlob(second.descriptor, 0))), bytes);
  });

  test(`${kind} never shows wrong bytes under a digest, and takes the right ones afterwards`, async (t) => {
    await using store = await open(t);
    const [bytes = Buffer.of()] = randomLayers(1, 200_000);
    const wrong = blobOf(Buffer.alloc(200_000), [], digestOf(bytes));
    const error = await t.throwsAsync(store.writeBlob(wrong), { instanceOf: StoreError });
    t.is(error.code, 'damaged');
    t.is(await store.blobSize(wrong.descriptor.digest), undefined);
    await store.writeBlob(blobOf(bytes));
    t.is(await store.blobSize(digestOf(bytes)), 200_000);
  });

  test(`${kind} starts over when the bytes of an earlier call were the wrong ones`, async (t) => {
    await using store = await open(t);
    const [bytes = Buffer.of()] = randomLayers(1, 2 * ONE_MIB);
    const digest = digestOf(bytes);
    await t.throwsAsync(store.writeBlob(blobOf(Buffer.alloc(2 * ONE_MIB), [ONE_MIB], digest)));
    if (store instanceof MemoryStore) {
      t.pass('it has no earlier process');
      return;
    }
    const blob = blobOf(bytes);
    await store.writeBlob(blob);
    if (kind !== REMOTE) t.true(blob.starts.includes(ONE_MIB));
    t.is(blob.starts.at(-1), 0);
    t.is(await store.blobSize(digest), 2 * ONE_MIB);
  });

  test(`${kind} ends a write when it is told to, and keeps what it has`, async (t) => {
    await using store = await open(t);
    const [bytes = Buffer.of()] = randomLayers(1, 3 * ONE_MIB);
    const abort = new AbortController();
    const reason = new Error('Ctrl-C');
    const blob = blobOf(bytes);
    const write = store.writeBlob(
      {
        descriptor: blob.descriptor,
        open: async (start) => parts(bytes.subarray(start), false),
        report: (step) => step.type === 'progress' && step.bytes > 2 * ONE_MIB && abort.abort(reason),
      },
      { signal: abort.signal },
    );
    const error = await t.throwsAsync(write);
    t.true(error === reason || error.cause === reason, String(error));
    await store.writeBlob(blob);
    if (kind !== REMOTE) t.true((blob.starts.at(-1) ?? 0) >= ONE_MIB, String(blob.starts));
    t.is(await store.blobSize(blob.descriptor.digest), bytes.byteLength);
  });

  test(`${kind} lists the tags that were put, gives manifests by tag and digest, and names what it lacks`, async (t) => {
    await using store = await open(t);
    const bytes = Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] }),
    );
    const manifest = { digest: digestOf(bytes), mediaType: 'application/vnd.oci.image.index.v1+json', bytes };
    t.false(await store.hasManifest(manifest.digest));
    await store.putManifest({ ...manifest, tags: [parseTag('v1'), parseTag('latest')], isPart: false });
    t.true(await store.hasManifest(manifest.digest));
    t.deepEqual((await collect(store.tags())).sort(), ['latest', 'v1'] as never);
    t.deepEqual(await store.manifest(tagged('v1')), manifest);
    t.deepEqual(await store.manifest({ kind: 'digest', digest: manifest.digest }), manifest);
    t.deepEqual(await store.manifest(undefined), manifest);
    const error = await t.throwsAsync(store.manifest(tagged('v2')));
    t.true(RegistryError.is(error, 'MANIFEST_UNKNOWN'), String(error));
    const missing = { ...blobOf(Buffer.from('missing')).descriptor };
    const blobError = await t.throwsAsync(store.openBlob(missing, 0));
    t.true(RegistryError.is(blobError, 'BLOB_UNKNOWN'), String(blobError));
  });

  test(`${kind} names the manifests that refer to another one`, async (t) => {
    await using store = await open(t);
    const subject = digestOf(Buffer.from('the subject'));
    const config = blobOf(Buffer.from('{}'));
    await store.writeBlob(config);
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        artifactType: 'application/example',
        config: config.descriptor,
        layers: [],
        subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: subject, size: 11 },
      }),
    );
    const digest = digestOf(bytes);
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    await store.putManifest({ digest, mediaType, bytes, tags: [], isPart: false });
    const [found, ...others] = await collect(store.referrers(subject));
    t.deepEqual(others, []);
    t.is(found?.digest, digest);
    t.is(found?.artifactType, 'application/example');
    t.deepEqual(await collect(store.referrers(digest)), []);
  });
}
