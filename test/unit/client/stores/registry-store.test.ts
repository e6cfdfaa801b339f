import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FolderUploadRecords } from '../../../../client/stores/folder-upload-records.ts';
import type { IncomingBlob, WriteStep } from '../../../../client/stores/object-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { MemoryUploadRecords, type UploadRecords } from '../../../../client/stores/upload-records.ts';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import type { Descriptor } from '../../../../core/model/descriptor.ts';
import { RegistryError, type RegistryErrorCode } from '../../../../core/model/errors.ts';
import { OCTET_STREAM } from '../../../../core/model/media-types.ts';
import { parseRepositoryName, type RepositoryName } from '../../../../core/model/reference.ts';
import type { CallContext } from '../../../../core/registry/call-context.ts';
import { ForwardingLayerService } from '../../../../core/registry/forwarding/forwarding-layer-service.ts';
import { ForwardingLayerUpload } from '../../../../core/registry/forwarding/forwarding-layer-upload.ts';
import { ForwardingRegistry } from '../../../../core/registry/forwarding/forwarding-registry.ts';
import type { ResumedUpload, UploadOptions } from '../../../../core/registry/layer-service.ts';
import type { Chunk, LayerUpload } from '../../../../core/registry/layer-upload.ts';
import type { Registry } from '../../../../core/registry/registry.ts';
import { randomLayers } from '../../../helpers/client/images.ts';
import { bodyOf } from '../../../helpers/client/open-remote.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const MIB = 1024 * 1024;
const repository = parseRepositoryName('team/app');

interface Rules {
  /** Called for each chunk before it is taken; throws to refuse it. */
  readonly onAppend?: (start: number, bytes: number) => void;
  readonly onFinish?: (inner: () => Promise<Descriptor>) => Promise<Descriptor>;
  readonly onResume?: () => void;
  readonly minChunkBytes?: number;
}

class StrictUpload extends ForwardingLayerUpload {
  readonly #rules: Rules;

  constructor(inner: LayerUpload, rules: Rules) {
    super(inner);
    this.#rules = rules;
  }

  override async append(chunk: Chunk, context?: CallContext): Promise<void> {
    const { start = 0, end = 0 } = chunk.range ?? {};
    this.#rules.onAppend?.(start, end - start);
    await super.append(chunk, context);
  }

  override finish(digest: Digest, context?: CallContext): Promise<Descriptor> {
    const finish = (): Promise<Descriptor> => super.finish(digest, context);
    return this.#rules.onFinish === undefined ? finish() : this.#rules.onFinish(finish);
  }
}

class StrictLayers extends ForwardingLayerService {
  readonly #rules: Rules;

  constructor(inner: Registry['layers'], rules: Rules) {
    super(inner);
    this.#rules = rules;
  }

  override get minChunkBytes(): number {
    return this.#rules.minChunkBytes ?? 0;
  }

  override async upload(name: RepositoryName, options?: UploadOptions, context?: CallContext): Promise<LayerUpload> {
    return new StrictUpload(await super.upload(name, options, context), this.#rules);
  }

  override async resume(name: RepositoryName, upload: ResumedUpload, context?: CallContext): Promise<LayerUpload> {
    this.#rules.onResume?.();
    return new StrictUpload(await super.resume(name, upload, context), this.#rules);
  }
}

function storeWith(rules: Rules, records?: UploadRecords, inner = memoryRegistry()): RegistryStore {
  const registry = new ForwardingRegistry(inner, { layers: new StrictLayers(inner.layers, rules) });
  return new RegistryStore({ registry, records }, { host: 'registry.test', repository });
}

interface Sent extends IncomingBlob {
  readonly bytes: Buffer;
  readonly steps: WriteStep[];
  readonly starts: number[];
}

function blobOf(size: number): Sent {
  const [bytes = Buffer.of()] = randomLayers(1, size);
  const steps: WriteStep[] = [];
  const starts: number[] = [];
  return {
    ...{ bytes, steps, starts },
    descriptor: { mediaType: OCTET_STREAM, digest: digestOf(bytes), size },
    open: async (start) => {
      starts.push(start);
      return bodyOf(bytes.subarray(start));
    },
    report: (step) => steps.push(step),
  };
}

/** An answer of a registry that has a status. */
function refusal(status: number, code: RegistryErrorCode): Error {
  return Object.assign(new RegistryError(code), { status });
}

for (const status of [413, 400]) {
  test(`a blob that is refused in one request with ${status} is sent in chunks, smaller ones if need be`, async (t) => {
    const sizes: number[] = [];
    const store = storeWith({
      onAppend: (_, bytes) => {
        if (bytes > 5 * MIB) throw refusal(status, 'UNKNOWN');
        sizes.push(bytes);
      },
    });
    const blob = blobOf(18 * MIB);
    await store.writeBlob(blob);
    t.deepEqual(
      sizes,
      [4, 4, 4, 4, 2].map((mib) => mib * MIB),
    );
    t.deepEqual(
      blob.steps.flatMap((step) => (step.type === 'chunked' ? [step.chunkBytes / MIB] : [])),
      [16, 4],
    );
    t.is(await store.blobSize(blob.descriptor.digest), 18 * MIB);
  });
}

test('what a registry has refused once is not tried again with the next blob', async (t) => {
  const store = storeWith({
    onAppend: (_, bytes) => {
      if (bytes > 5 * MIB) throw refusal(413, 'UNKNOWN');
    },
  });
  await store.writeBlob(blobOf(18 * MIB));
  const next = blobOf(18 * MIB);
  await store.writeBlob(next);
  t.deepEqual(next.starts, [0]);
  t.false(next.steps.some(({ type }) => type === 'chunked'));
});

test('chunks are as large as the registry asks for, but for the last', async (t) => {
  const sizes: number[] = [];
  const store = storeWith({
    minChunkBytes: 6 * MIB,
    onAppend: (_, bytes) => {
      if (bytes > 10 * MIB) throw refusal(413, 'UNKNOWN');
      sizes.push(bytes / MIB);
    },
  });
  await store.writeBlob(blobOf(20 * MIB));
  t.deepEqual(sizes, [6, 6, 6, 2]);
});

test('a registry that refuses even the smallest chunk is given up', async (t) => {
  let requests = 0;
  const store = storeWith({
    onAppend: () => {
      requests += 1;
      throw refusal(413, 'UNKNOWN');
    },
  });
  await t.throwsAsync(store.writeBlob(blobOf(20 * MIB)), { code: 'UNKNOWN' });
  t.is(requests, 4);
});

test('a refusal that is not about the size is not followed by chunks', async (t) => {
  let requests = 0;
  const store = storeWith({
    onAppend: () => {
      requests += 1;
      throw Object.assign(new RegistryError('DENIED'), { status: 403 });
    },
  });
  await t.throwsAsync(store.writeBlob(blobOf(20 * MIB)), { code: 'DENIED' });
  t.is(requests, 1);
});

test('an upload that breaks off continues where the registry says that it is', async (t) => {
  let isCut = false;
  const store = storeWith({
    onAppend: (start) => {
      if (start > 0 || isCut) return;
      isCut = true;
      throw refusal(502, 'UNAVAILABLE');
    },
  });
  const blob = blobOf(2 * MIB);
  await store.writeBlob(blob);
  t.is(await store.blobSize(blob.descriptor.digest), 2 * MIB);
});

test('an upload whose last answer is lost is not sent again', async (t) => {
  const store = storeWith({
    onFinish: async (finish) => {
      await finish();
      throw refusal(504, 'UNAVAILABLE');
    },
  });
  const blob = blobOf(2 * MIB);
  await store.writeBlob(blob);
  t.deepEqual(blob.starts, [0]);
});

test('a registry that stays busy is given up after some attempts', async (t) => {
  let requests = 0;
  const store = storeWith({
    onAppend: () => {
      requests += 1;
      throw refusal(503, 'UNAVAILABLE');
    },
  });
  await t.throwsAsync(store.writeBlob(blobOf(1000)), { code: 'UNAVAILABLE' });
  t.is(requests, 5);
});

test('another process resumes an upload that is recorded in a folder', async (t) => {
  const folder = join(await tempRoot(t), 'records');
  const registry = memoryRegistry();
  const blob = blobOf(18 * MIB);
  const first = storeWith(
    {
      onAppend: (start, bytes) => {
        if (bytes > 5 * MIB) throw refusal(413, 'UNKNOWN');
        if (start >= 8 * MIB) throw new Error('killed');
      },
    },
    new FolderUploadRecords(folder),
    registry,
  );
  await t.throwsAsync(first.writeBlob(blob), { message: 'killed' });
  const [name = ''] = await readdir(folder);
  t.is((await stat(join(folder, name))).mode & 0o777, 0o600);
  const second = { ...blob, starts: [] as number[] };
  await storeWith({}, new FolderUploadRecords(folder), registry).writeBlob({
    ...second,
    open: async (start) => {
      second.starts.push(start);
      return bodyOf(blob.bytes.subarray(start));
    },
  });
  t.deepEqual(second.starts, [8 * MIB]);
  t.deepEqual(await readdir(folder), []);
});

test('a record of an upload that the registry no longer knows is done without', async (t) => {
  const records = new MemoryUploadRecords();
  const first = blobOf(2 * MIB);
  const failing = storeWith(
    {
      onAppend: () => {
        throw new Error('killed');
      },
    },
    records,
  );
  await t.throwsAsync(failing.writeBlob(first), { message: 'killed' });
  const store = storeWith({}, records);
  await store.writeBlob(first);
  t.is(await store.blobSize(first.descriptor.digest), 2 * MIB);
});

for (const [status, code] of [
  [405, 'UNSUPPORTED'],
  [401, 'UNAUTHORIZED'],
  [403, 'DENIED'],
  [400, 'UNKNOWN'],
  [503, 'UNAVAILABLE'],
] as const) {
  test(`a recorded upload about which the registry only answers ${status} is done without`, async (t) => {
    const records = new MemoryUploadRecords();
    const blob = blobOf(2 * MIB);
    const onAppend = (): void => {
      throw new Error('killed');
    };
    await t.throwsAsync(storeWith({ onAppend }, records).writeBlob(blob), { message: 'killed' });
    const onResume = (): void => {
      throw refusal(status, code);
    };
    const store = storeWith({ onResume }, records);
    await store.writeBlob(blob);
    t.is(await store.blobSize(blob.descriptor.digest), 2 * MIB);
    t.is(await records.find({ host: 'registry.test', repository, digest: blob.descriptor.digest }), undefined);
  });
}

test('records that cannot be written do not stop an upload', async (t) => {
  const file = join(await tempRoot(t), 'file');
  await writeFile(file, '');
  const store = storeWith({}, new FolderUploadRecords(file));
  const blob = blobOf(2 * MIB);
  await store.writeBlob(blob);
  t.is(await store.blobSize(blob.descriptor.digest), 2 * MIB);
});
