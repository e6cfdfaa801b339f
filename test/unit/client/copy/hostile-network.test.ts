import test, { type ExecutionContext } from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { CopyError } from '../../../../client/copy/copy-error.ts';
import { RemoteError, TransferError } from '../../../../client/index.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { OCI_IMAGE_INDEX } from '../../../../core/model/media-types.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { type Fault, FaultProxy } from '../../../helpers/client/fault-proxy.ts';
import { type MadeImage, makeImage, randomLayers, tagged } from '../../../helpers/client/images.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const LATEST = { images: [{ from: tagged('latest') }] };
const NAME = parseRepositoryName('team/app');
const KIB = 1024;

interface Hostile {
  readonly source: MemoryStore;
  readonly image: MadeImage;
  readonly proxy: FaultProxy;
  /** A new client of the registry, by way of the proxy. */
  readonly remote: () => RegistryStore;
}

/** An image in memory, and a registry behind a proxy that can break what it says. */
async function hostile(t: ExecutionContext, layerBytes = 60_000): Promise<Hostile> {
  const source = new MemoryStore();
  const image = await makeImage(source, { layers: randomLayers(3, layerBytes), tag: 'latest' });
  const server = await withRegistry(t);
  const proxy = await FaultProxy.start(t, server.address);
  const options = { timeOuts: { readMs: 250 } };
  const remote = (): RegistryStore =>
    new RegistryStore(
      { registry: openRemote(t, proxy.address, options) },
      { repository: NAME, host: new URL(proxy.address).host },
    );
  return { source, image, proxy, remote };
}

async function hasAll(t: ExecutionContext, store: MemoryStore, { descriptor, config, layers }: MadeImage) {
  t.is((await store.manifest(tagged('latest'))).digest, descriptor.digest);
  for (const { digest, size } of [config, ...layers]) t.is(await store.blobSize(digest), size);
}

for (const kib of [1, 2, 5, 13, 40]) {
  test(`a pull whose answers all break after ${kib} KiB arrives whole`, async (t) => {
    const { source, image, proxy, remote } = await hostile(t);
    await copy(source, remote(), LATEST).result;
    proxy.inject({ cutAnswerAfter: kib * KIB });
    const pulled = new MemoryStore();
    await copy(remote(), pulled, LATEST).result;
    await hasAll(t, pulled, image);
  });
}

for (const kib of [8, 20, 50]) {
  test(`a push whose requests all break after ${kib} KiB arrives whole`, async (t) => {
    const { source, image, proxy, remote } = await hostile(t);
    proxy.inject({ cutRequestAfter: kib * KIB });
    await copy(source, remote(), LATEST).result;
    proxy.inject();
    const pulled = new MemoryStore();
    await copy(remote(), pulled, LATEST).result;
    await hasAll(t, pulled, image);
  });
}

test('a manifest whose answer breaks is asked for again, and one that always breaks is a typed error', async (t) => {
  const { source, image, proxy, remote } = await hostile(t);
  await copy(source, remote(), LATEST).result;
  const isManifest = (method: string, url: string) => method === 'GET' && url.includes('/manifests/');
  proxy.inject({ on: isManifest, cutAnswerAfter: 10, times: 2 });
  const pulled = new MemoryStore();
  await copy(remote(), pulled, LATEST).result;
  await hasAll(t, pulled, image);
  proxy.inject({ on: isManifest, cutAnswerAfter: 10 });
  const before = proxy.asked.length;
  const error = await t.throwsAsync(copy(remote(), new MemoryStore(), LATEST).result);
  t.is(causeOf(error, TransferError)?.reason, 'cut');
  t.true(proxy.asked.length - before < 10, `${proxy.asked.length - before} requests`);
});

const STORM: readonly NonNullable<Fault['answer']>[] = [
  { status: 429, headers: { 'Retry-After': '0' } },
  { status: 503, headers: { 'Retry-After': new Date(0).toUTCString() } },
  { status: 502, body: '<html><title>Bad Gateway</title></html>' },
  { status: 500 },
];

test('a push and a pull get through a storm of 429 and 5xx, with Retry-After in seconds and as a date', async (t) => {
  const { source, image, proxy, remote } = await hostile(t);
  // Every third request fails, until each of these has been answered.
  const on = (): boolean => proxy.asked.length % 3 === 0;
  const storm = STORM.map((given) => ({ on, times: 1, answer: given }));
  proxy.inject(...storm);
  await copy(source, remote(), LATEST).result;
  proxy.inject(...storm);
  const pulled = new MemoryStore();
  await copy(remote(), pulled, LATEST).result;
  await hasAll(t, pulled, image);
});

test('a storm without end is an error after some requests, which says when to try again', async (t) => {
  const { source, proxy, remote } = await hostile(t);
  await copy(source, remote(), LATEST).result;
  for (const status of [429, 503]) {
    proxy.inject({ answer: { status, headers: { 'Retry-After': '0' } } });
    const before = proxy.asked.length;
    const error = await t.throwsAsync(copy(remote(), new MemoryStore(), LATEST).result);
    t.is(causeOf(error, RemoteError)?.status, status);
    t.regex(causeOf(error, RemoteError)?.advice ?? '', /^try again later/);
    t.true(proxy.asked.length - before <= 20, `${proxy.asked.length - before} requests`);
  }
});

for (const [what, change] of [
  ['more', (length: number) => length + 1000],
  ['less', (length: number) => length - 100],
] as const) {
  test(`a registry that announces ${what} bytes than it sends gets nothing into the target`, async (t) => {
    const { source, image, proxy, remote } = await hostile(t);
    await copy(source, remote(), LATEST).result;
    const lie: Fault['headers'] = (headers) => ({
      ...headers,
      'content-length': String(change(Number(headers['content-length']))),
    });
    for (const part of ['/manifests/', '/blobs/']) {
      proxy.inject({ on: (method, url) => method === 'GET' && url.includes(part), headers: lie });
      const target = new MemoryStore();
      const error = await t.throwsAsync(copy(remote(), target, LATEST, { retries: 1 }).result);
      t.truthy(causeOf(error, TransferError), String(error));
      await t.throwsAsync(target.manifest(tagged('latest')), { code: 'MANIFEST_UNKNOWN' });
      for (const { digest } of [image.config, ...image.layers]) t.is(await target.blobSize(digest), undefined, part);
    }
  });
}

test('an answer in an encoding that nobody asked for is not taken for the bytes of a digest', async (t) => {
  const { source, proxy, remote } = await hostile(t);
  await copy(source, remote(), LATEST).result;
  const encoded: Fault['headers'] = (headers) => ({ ...headers, 'content-encoding': 'gzip', 'content-length': '3' });
  proxy.inject({ on: (_, url) => url.includes('/manifests/'), headers: encoded, body: () => Buffer.from('abc') });
  const error = await t.throwsAsync(copy(remote(), new MemoryStore(), LATEST).result);
  t.is(causeOf(error, TransferError)?.reason, 'wrong-digest');
});

test('an index that seems to name itself without end is refused by its digest', async (t) => {
  const claimed = digestOf(Buffer.from('claimed'));
  const index = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: OCI_IMAGE_INDEX },
    manifests: [{ mediaType: OCI_IMAGE_INDEX, digest: claimed, size: 300 }],
  });
  const server = await ScriptedServer.start(t, (_, response) =>
    answer(response, 200, index, { 'Content-Type': OCI_IMAGE_INDEX }),
  );
  const registry = openRemote(t, server.address);
  const source = new RegistryStore({ registry }, { repository: NAME, host: 'hostile.test' });
  const error = await t.throwsAsync(copy(source, new MemoryStore(), LATEST).result, {
    instanceOf: CopyError,
    code: 'manifest',
  });
  t.is(causeOf(error, TransferError)?.reason, 'wrong-digest');
  t.true(server.seen.length < 5, `${server.seen.length} requests`);
});

test('a registry that redirects uploads and blobs round in circles is left after some steps', async (t) => {
  const server = await ScriptedServer.start(t, (request, response) => {
    request.resume();
    const next = request.url === '/one' ? '/other' : '/one';
    return answer(response, 307, '', { Location: next });
  });
  const registry = openRemote(t, server.address);
  const store = new RegistryStore({ registry }, { repository: NAME, host: 'hostile.test' });
  for (const action of [() => copy(store, new MemoryStore(), LATEST).result, () => registry.layers.upload(NAME)]) {
    const error = await t.throwsAsync(action());
    t.is(causeOf(error, TransferError)?.reason, 'redirect');
  }
  t.true(server.seen.length < 20, `${server.seen.length} requests`);
});

/** The first error of a kind among an error and its causes. */
function causeOf<Kind extends Error>(error: unknown, kind: abstract new (...args: never[]) => Kind): Kind | undefined {
  if (error instanceof kind) return error;
  return error instanceof Error && error.cause !== undefined ? causeOf(error.cause, kind) : undefined;
}
