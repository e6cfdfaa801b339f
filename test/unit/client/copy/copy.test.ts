import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { CopyError } from '../../../../client/copy/copy-error.ts';
import type { CopyEvent } from '../../../../client/copy/copy-event.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import type { IncomingBlob, ObjectStore } from '../../../../client/stores/object-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { StoreError } from '../../../../client/stores/store-error.ts';
import type { Descriptor } from '../../../../core/model/descriptor.ts';
import { OCI_IMAGE_INDEX } from '../../../../core/model/media-types.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import type { CallContext } from '../../../../core/registry/call-context.ts';
import { collect } from '../../../helpers/client/collect.ts';
import { byDigest, makeImage, makeIndex, putDocument, randomLayers, tagged } from '../../../helpers/client/images.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';

const LATEST = { images: [{ from: tagged('latest') }] };

function storeIn(registry = memoryRegistry(), repository = 'team/app'): RegistryStore {
  return new RegistryStore({ registry }, { host: 'registry.test', repository: parseRepositoryName(repository) });
}

function outcomes(events: readonly CopyEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'blob-done' ? [event.how] : []));
}

test('an image arrives in a registry with unchanged digests, and comes back the same', async (t) => {
  const source = new MemoryStore();
  const image = await makeImage(source, { layers: randomLayers(3, 200_000), tag: 'latest' });
  const registry = storeIn();
  const result = await copy(source, registry, LATEST).result;
  t.deepEqual(result.images, [{ name: 'latest', digest: image.descriptor.digest }]);
  t.is(result.bytes, 600_000 + image.config.size);
  const back = new MemoryStore();
  await copy(registry, back, LATEST).result;
  t.is((await back.manifest(tagged('latest'))).digest, image.descriptor.digest);
  for (const layer of image.layers) t.is(await back.blobSize(layer.digest), layer.size);
});

test('what the target has is skipped, and a second copy moves nothing', async (t) => {
  const source = new MemoryStore();
  const layers = randomLayers(2, 1000);
  await makeImage(source, { layers, tag: 'latest' });
  const target = storeIn();
  await copy(source, target, LATEST).result;
  t.is((await copy(source, target, LATEST).result).bytes, 0);
  await makeImage(source, { layers, tag: 'next', config: { os: 'linux', architecture: 'arm64' } });
  const run = copy(source, target, { images: [{ from: tagged('next') }] });
  t.deepEqual(outcomes(await collect(run)).sort(), ['copied', 'exists', 'exists']);
});

test('blobs of another repository of the registry are mounted', async (t) => {
  const registry = memoryRegistry();
  const source = storeIn(registry, 'team/app');
  const memory = new MemoryStore();
  await makeImage(memory, { layers: randomLayers(2, 1000), tag: 'latest' });
  await copy(memory, source, LATEST).result;
  const run = copy(source, storeIn(registry, 'other/app'), LATEST);
  t.deepEqual(outcomes(await collect(run)), ['mounted', 'mounted', 'mounted']);
  t.is((await run.result).bytes, 0);
});

test('a dry run names what would move and writes nothing', async (t) => {
  const source = new MemoryStore();
  await makeImage(source, { layers: randomLayers(2, 1000), tag: 'latest' });
  const target = new MemoryStore();
  const events = await collect(copy(source, target, LATEST, { dryRun: true }));
  t.deepEqual(outcomes(events), ['planned', 'planned', 'planned']);
  t.deepEqual(await collect(target.tags()), []);
});

test('an index is copied with all its images, and its digest stays', async (t) => {
  const source = new MemoryStore();
  const amd64 = await makeImage(source, { layers: randomLayers(1, 100), isPart: true });
  const arm64 = await makeImage(source, { layers: randomLayers(1, 100), isPart: true });
  const index = await makeIndex(source, [amd64.descriptor, arm64.descriptor], 'latest');
  const target = storeIn();
  const { images } = await copy(source, target, LATEST).result;
  t.is(images[0]?.digest, index.digest);
  t.true(await target.hasManifest(amd64.descriptor.digest));
  t.true(await target.hasManifest(arm64.descriptor.digest));
});

/** A target whose writes fail or wait as told. */
class TroubledStore extends MemoryStore {
  readonly aborted: number[] = [];
  puts = 0;
  readonly #trouble: (blob: Descriptor) => Error | 'wait' | undefined;

  constructor(trouble: (blob: Descriptor) => Error | 'wait' | undefined) {
    super('troubled');
    this.#trouble = trouble;
  }

  override async writeBlob(blob: IncomingBlob, context: CallContext = {}): Promise<void> {
    const trouble = this.#trouble(blob.descriptor);
    if (trouble === undefined) return super.writeBlob(blob, context);
    if (trouble !== 'wait') throw trouble;
    const { signal } = context;
    await new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        this.aborted.push(performance.now());
        reject(signal.reason as Error);
      });
    });
  }

  override async putManifest(...args: Parameters<MemoryStore['putManifest']>): Promise<void> {
    this.puts += 1;
    await super.putManifest(...args);
  }
}

test('one failed blob ends the others, and no manifest is put', async (t) => {
  const source = new MemoryStore();
  const { layers } = await makeImage(source, { layers: randomLayers(8, 100), tag: 'latest' });
  const cause = new StoreError('storage', 'the disk is full');
  const bad = layers[1]?.digest;
  const target = new TroubledStore(({ digest }) => (digest === bad ? cause : 'wait'));
  const error = await t.throwsAsync(copy(source, target, LATEST).result, { instanceOf: CopyError, code: 'blob' });
  t.is(error.digest, bad);
  t.is(error.cause, cause);
  t.is(target.aborted.length, 3);
  t.is(target.puts, 0);
});

test('the signal of the caller ends a copy with an error of its own', async (t) => {
  const source = new MemoryStore();
  await makeImage(source, { layers: randomLayers(3, 100), tag: 'latest' });
  const target = new TroubledStore(() => 'wait');
  const abort = new AbortController();
  const run = copy(source, target, LATEST, { signal: abort.signal });
  const reason = new Error('Ctrl-C');
  for await (const event of run) {
    if (event.type === 'blob-begun') abort.abort(reason);
    if (event.type === 'image-failed') break;
  }
  const error = await t.throwsAsync(run.result, { instanceOf: CopyError, code: 'aborted' });
  t.is(error.cause, reason);
  t.is(target.puts, 0);
});

test('with keepGoing the other images are copied, and the failed ones are named', async (t) => {
  const source = new MemoryStore();
  await makeImage(source, { layers: randomLayers(1, 100), tag: 'good' });
  const target = storeIn();
  const images = [{ from: tagged('missing') }, { from: tagged('good') }];
  const result = await copy(source, target, { images }, { keepGoing: true }).result;
  t.deepEqual(
    result.images.map(({ name }) => name),
    ['good'],
  );
  t.deepEqual(
    result.failed.map(({ name }) => name),
    ['missing'],
  );
  await t.throwsAsync(copy(source, target, { images }).result, { instanceOf: CopyError, code: 'manifest' });
});

test('iterating the events ends with the error of the copy', async (t) => {
  const run = copy(new MemoryStore(), new MemoryStore(), LATEST);
  await t.throwsAsync(collect(run), { instanceOf: CopyError });
  t.throws(() => run[Symbol.asyncIterator](), { instanceOf: TypeError });
});

/** A source that changes what it hands out. */
function serving(
  store: MemoryStore,
  body: (blob: Descriptor, start: number) => AsyncIterable<Uint8Array>,
): ObjectStore {
  return Object.assign(Object.create(store) as MemoryStore, {
    manifest: store.manifest.bind(store),
    hasManifest: store.hasManifest.bind(store),
    tags: store.tags.bind(store),
    referrers: store.referrers.bind(store),
    blobSize: store.blobSize.bind(store),
    openBlob: async (blob: Descriptor, start: number) => body(blob, start),
  });
}

async function* bodyOf(...parts: ReadonlyArray<Uint8Array | Error>): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

test('wrong bytes are refused before anything has their name, by every kind of target', async (t) => {
  const store = new MemoryStore();
  const { layers } = await makeImage(store, { layers: randomLayers(1, 5000), tag: 'latest' });
  const liar = serving(store, ({ size }, start) => bodyOf(Buffer.alloc(size - start, 7)));
  for (const target of [new MemoryStore(), storeIn()]) {
    const error = await t.throwsAsync(copy(liar, target, LATEST).result, { instanceOf: CopyError, code: 'blob' });
    t.true(StoreError.is(error.cause, 'damaged'), String(error.cause));
    for (const { digest } of layers) t.is(await target.blobSize(digest), undefined);
  }
});

test('a source that sends more than the manifest says is cut off', async (t) => {
  const store = new MemoryStore();
  await makeImage(store, { layers: randomLayers(1, 5000), tag: 'latest' });
  let sent = 0;
  const endless = serving(store, async function* () {
    for (;;) {
      sent += 1000;
      yield Buffer.alloc(1000);
    }
  });
  await t.throwsAsync(copy(endless, storeIn(), LATEST).result, {
    message: /more than its 5000 bytes|more than its \d+ bytes/,
  });
  t.true(sent < 100_000);
});

test('a source that breaks off is asked for the rest, and says so', async (t) => {
  const store = new MemoryStore();
  const [bytes = Buffer.of()] = randomLayers(1, 5000);
  const { layers } = await makeImage(store, { layers: [bytes], tag: 'latest' });
  const cut = Object.assign(new Error('cut'), { isTransient: true });
  const starts: number[] = [];
  const source = serving(store, ({ digest }, start) => {
    if (digest !== layers[0]?.digest)
      return bodyOf(Buffer.from('{"os":"linux","architecture":"amd64"}').subarray(start));
    starts.push(start);
    return start < 4000 ? bodyOf(bytes.subarray(start, start + 1000), cut) : bodyOf(bytes.subarray(start));
  });
  const target = new MemoryStore();
  const events = await collect(copy(source, target, LATEST));
  t.deepEqual(starts, [0, 1000, 2000, 3000, 4000]);
  t.is(events.filter(({ type }) => type === 'blob-retried').length, 4);
  t.is(await target.blobSize(layers[0]?.digest as never), 5000);
});

test('a source that ends early again and again fails with an error that says how far it came', async (t) => {
  const store = new MemoryStore();
  await makeImage(store, { layers: randomLayers(1, 5000), tag: 'latest' });
  const source = serving(store, (_, start) => bodyOf(...(start === 0 ? [Buffer.alloc(10)] : [])));
  await t.throwsAsync(copy(source, new MemoryStore(), LATEST, { retries: 1 }).result, { message: /ended after 10 of/ });
});

test('indexes in indexes are followed to a limit', async (t) => {
  const source = new MemoryStore();
  let inner = (await makeImage(source, { layers: [], isPart: true })).descriptor;
  for (let depth = 0; depth < 12; depth += 1) {
    inner = await putDocument(
      source,
      OCI_IMAGE_INDEX,
      { manifests: [inner], annotations: { depth: `${depth}` } },
      { isPart: true },
    );
  }
  const images = [{ from: byDigest(inner.digest) }];
  await t.throwsAsync(copy(source, new MemoryStore(), { images }).result, {
    code: 'manifest',
    message: /is nested in more than 8/,
  });
});

test('a manifest that clients read differently is not copied', async (t) => {
  const source = new MemoryStore();
  await putDocument(
    source,
    OCI_IMAGE_INDEX,
    { manifests: [], layers: [], config: {} },
    { tag: 'latest', isPart: false },
  );
  await t.throwsAsync(copy(source, new MemoryStore(), LATEST).result, { instanceOf: CopyError, code: 'manifest' });
});

test('the window is a whole number from 1 to 64', (t) => {
  for (const window of [0, 65, 1.5, Number.NaN]) {
    t.throws(() => copy(new MemoryStore(), new MemoryStore(), LATEST, { window }), { instanceOf: RangeError });
  }
});
