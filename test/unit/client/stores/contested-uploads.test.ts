import test from 'ava';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { MemoryUploadRecords } from '../../../../client/stores/upload-records.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { OCTET_STREAM } from '../../../../core/model/media-types.ts';
import { parseRepositoryName, type RepositoryName } from '../../../../core/model/reference.ts';
import { UploadRangeError } from '../../../../core/model/upload-state.ts';
import type { CallContext } from '../../../../core/registry/call-context.ts';
import { ForwardingLayerService } from '../../../../core/registry/forwarding/forwarding-layer-service.ts';
import { ForwardingLayerUpload } from '../../../../core/registry/forwarding/forwarding-layer-upload.ts';
import { ForwardingRegistry } from '../../../../core/registry/forwarding/forwarding-registry.ts';
import type { ResumedUpload, UploadOptions } from '../../../../core/registry/layer-service.ts';
import type { Chunk, LayerUpload } from '../../../../core/registry/layer-upload.ts';
import { randomLayers } from '../../../helpers/client/images.ts';
import { bodyOf, openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';

const MIB = 1024 * 1024;
const repository = parseRepositoryName('team/app');

class FailingUpload extends ForwardingLayerUpload {
  readonly #fail: (upload: LayerUpload) => void;
  readonly #size: number;

  constructor(inner: LayerUpload, fail: (upload: LayerUpload) => void, size = inner.size) {
    super(inner);
    this.#fail = fail;
    this.#size = size - inner.size;
  }

  override get size(): number {
    return super.size + this.#size;
  }

  override async append(chunk: Chunk, context?: CallContext): Promise<void> {
    this.#fail(this);
    await super.append(chunk, context);
  }
}

/** Blobs of a registry, of which bytes of a resumed upload can be refused, and of any. */
class ContestedLayers extends ForwardingLayerService {
  begun = 0;
  resumed = 0;
  onAppend: (upload: LayerUpload) => void = () => undefined;
  sizeOf = (actual: number): number => actual;
  onResumedAppend: (upload: LayerUpload) => void = () => undefined;

  override async upload(name: RepositoryName, options?: UploadOptions, context?: CallContext): Promise<LayerUpload> {
    this.begun += 1;
    return new FailingUpload(await super.upload(name, options, context), (upload) => this.onAppend(upload));
  }

  override async resume(name: RepositoryName, upload: ResumedUpload, context?: CallContext): Promise<LayerUpload> {
    this.resumed += 1;
    const inner = await super.resume(name, upload, context);
    return new FailingUpload(inner, (resumed) => this.onResumedAppend(resumed), this.sizeOf(inner.size));
  }
}

function blobOf(size: number) {
  const [bytes = Buffer.of()] = randomLayers(1, size);
  const descriptor = { mediaType: OCTET_STREAM, digest: digestOf(bytes), size };
  return { descriptor, open: async (start: number) => bodyOf(bytes.subarray(start)) };
}

/** A blob of which an earlier process has begun an upload, and what that has recorded. */
async function begunUpload({ minChunkBytes = 0, patienceMs }: { minChunkBytes?: number; patienceMs?: number } = {}) {
  const inner = memoryRegistry();
  const layers = new ContestedLayers(inner.layers);
  Object.defineProperty(layers, 'minChunkBytes', { value: minChunkBytes });
  const registry = new ForwardingRegistry(inner, { layers });
  const records = new MemoryUploadRecords();
  const blob = blobOf(2 * MIB);
  const options = { host: 'registry.test', repository, ...(patienceMs !== undefined && { patienceMs }) };
  const store = new RegistryStore({ registry, records }, options);
  layers.onAppend = () => {
    throw new Error('killed');
  };
  await store.writeBlob(blob).catch(() => undefined);
  layers.onAppend = () => undefined;
  return { blob, store, layers, records };
}

function outOfRange(upload: LayerUpload): never {
  throw new UploadRangeError(upload.state, { reason: 'another request has moved it' });
}

test('an upload that another request still writes to is asked for until it grows no more, and gets its bytes then', async (t) => {
  const { blob, store, layers } = await begunUpload();
  const sizes = [10, 20, 30];
  let sent = 0;
  layers.sizeOf = (actual) => sizes.shift() ?? actual;
  layers.onResumedAppend = (upload) => {
    sent += 1;
    if (upload.size > 0) outOfRange(upload);
  };
  await store.writeBlob(blob);
  t.deepEqual([layers.begun, layers.resumed, sent], [1, 5, 2]);
  t.is(await store.blobSize(blob.descriptor.digest), 2 * MIB);
});

test('an upload that another request has moved again and again is asked for again', async (t) => {
  const { blob, store, layers } = await begunUpload();
  let sent = 0;
  layers.onResumedAppend = (upload) => {
    sent += 1;
    if (sent < 4) outOfRange(upload);
  };
  await store.writeBlob(blob);
  t.deepEqual([layers.begun, sent], [1, 4]);
});

test('an upload that another request keeps for too long is given up for a new one', async (t) => {
  const { blob, store, layers } = await begunUpload({ patienceMs: 500 });
  layers.onResumedAppend = outOfRange;
  await store.writeBlob(blob);
  t.is(layers.begun, 2);
  t.is(await store.blobSize(blob.descriptor.digest), 2 * MIB);
});

test('a request that gets no answer is sent twice, and not once more for each retry of the upload', async (t) => {
  const layers = new ContestedLayers(memoryRegistry().layers);
  let sent = 0;
  const isSilent = (): never => {
    sent += 1;
    throw Object.assign(new RegistryError('UNAVAILABLE'), { isTransient: true, reason: 'time-out' });
  };
  layers.onAppend = isSilent;
  layers.onResumedAppend = isSilent;
  const registry = new ForwardingRegistry(memoryRegistry(), { layers });
  const store = new RegistryStore({ registry }, { host: 'registry.test', repository });
  await t.throwsAsync(store.writeBlob(blobOf(1000)), { code: 'UNAVAILABLE' });
  t.is(sent, 2);
});

test('the smallest chunk that a registry takes is known to the process that resumes an upload', async (t) => {
  const { blob, records } = await begunUpload({ minChunkBytes: 5 * MIB });
  const key = { host: 'registry.test', repository, digest: blob.descriptor.digest };
  t.is((await records.find(key))?.minChunkBytes, 5 * MIB);
  const server = await ScriptedServer.start(t, (_, response) => answer(response, 204, '', { Range: '0-99' }));
  const { layers } = openRemote(t, server.address);
  t.is(layers.minChunkBytes, 0);
  const uuid = 'b1a5d3b4-5cf5-4f5e-8f0a-7d3b1c1f9a11';
  await using upload = await layers.resume(repository, { uuid: uuid as never, minChunkBytes: 5 * MIB });
  t.deepEqual([layers.minChunkBytes, upload.minChunkBytes], [5 * MIB, 5 * MIB]);
});

for (const size of [1000, 2 * MIB]) {
  test(`a blob of ${size} bytes goes into the upload that a registry begins because it cannot mount`, async (t) => {
    const server = await ScriptedServer.start(t, ({ method, url }, response) => {
      if (method === 'POST') answer(response, 202, '', { Location: '/v2/team/app/blobs/uploads/1?state=2' });
      else if (method === 'PATCH') answer(response, 202, '', { Location: url ?? '' });
      else answer(response, method === 'DELETE' ? 204 : 201);
    });
    const { host } = new URL(server.address);
    const registry = openRemote(t, server.address);
    const other = parseRepositoryName('team/other');
    const [first, second] = [blobOf(size), blobOf(size)];
    {
      await using source = new RegistryStore({ registry }, { host, repository: other });
      await using target = new RegistryStore({ registry }, { host, repository });
      t.false(await target.mountBlob(first.descriptor, source));
      t.false(await target.mountBlob(second.descriptor, source));
      await target.writeBlob(first);
    }
    const asked = server.seen.map(({ method }) => method);
    t.deepEqual(asked, ['POST', 'POST', ...(size > MIB ? ['PATCH'] : []), 'PUT', 'DELETE']);
  });
}
