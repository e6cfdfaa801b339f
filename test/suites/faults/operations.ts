import { type Digest, digestOf } from '../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { RegistryError, type RegistryErrorCode } from '../../../core/model/errors.ts';
import { OCI_IMAGE_MANIFEST } from '../../../core/model/media-types.ts';
import { parseTag } from '../../../core/model/reference.ts';
import type { UploadState } from '../../../core/model/upload-state.ts';
import { MAX_HELD_BYTES } from '../../../core/registry/local/held-bytes.ts';
import { bodyOf, content } from '../../../testing/driver-case.ts';
import { descriptorOf, imageManifest, name, pushBlob, tagged } from '../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../helpers/core/core-parts.ts';
import type { Push } from '../../helpers/invariants/acknowledged.ts';

const HERE = name('faults/here');
const THERE = name('faults/there');
const CONFIG = content(40, 1);
const LAYERS = [content(3000, 2), content(500, 3), content(7, 4)] as const;
const FRESH = content(5000, 5);
/** More than an upload holds in memory. */
const BIG = content(MAX_HELD_BYTES + 1000, 6);

const OLD = { bytes: imageManifest({ config: descriptorOf(CONFIG), layers: [] }), contentType: OCI_IMAGE_MANIFEST };
const NEW = {
  bytes: imageManifest({ config: descriptorOf(CONFIG), layers: LAYERS.map((bytes) => descriptorOf(bytes)) }),
  contentType: OCI_IMAGE_MANIFEST,
};
const OLD_DIGEST = digestOf(OLD.bytes);

/** The storage before an operation. */
export interface Start {
  /** A process that serves the storage. */
  readonly compose: (driver: StorageDriver) => CoreParts;
  readonly prepare: (core: CoreParts) => Promise<unknown>;
  /** What was acknowledged, and is still there. */
  readonly pushes: readonly Push[];
}

/** The action of a request, and the state that must follow. */
export interface Operation {
  readonly title: string;
  /** Default: {@link PREPARED}. */
  readonly start?: Start;
  readonly run: (core: CoreParts) => Promise<unknown>;
  /** What it has acknowledged once it resolved. */
  readonly gives: readonly Push[];
  /** What it removes: a failed call may have removed a part. */
  readonly takes?: readonly Push[];
  /** Whether all that it takes or all that it gives is there at any time. */
  readonly moves?: boolean;
  /** The answers of a repetition when the first try has had its effect. */
  readonly doneAlready?: readonly RegistryErrorCode[];
  /** What must hold once it has ended well. */
  readonly check?: (core: CoreParts) => Promise<void>;
}

const blob = (repository: string, bytes: Uint8Array): Push => ({
  kind: 'blob',
  repository,
  reference: digestOf(bytes),
  bytes,
});
const manifest = (reference: string, { bytes }: { readonly bytes: Buffer }): Push => ({
  kind: 'manifest',
  repository: HERE,
  reference,
  bytes,
});

export const PREPARED: Start = {
  compose: (driver) => composeCore(driver),
  prepare: async ({ layers, manifests }) => {
    for (const bytes of [CONFIG, ...LAYERS]) await pushBlob(layers, HERE, bytes);
    await manifests.put(HERE, tagged('old'), { ...OLD, tags: [parseTag('also-old')] });
  },
  pushes: [
    ...[CONFIG, ...LAYERS].map((bytes) => blob(HERE, bytes)),
    manifest(OLD_DIGEST, OLD),
    manifest('old', OLD),
    manifest('also-old', OLD),
  ],
};

export const OPERATIONS: readonly Operation[] = [
  {
    title: 'a push of a blob in one request',
    run: ({ layers }) => pushBlob(layers, HERE, FRESH),
    gives: [blob(HERE, FRESH)],
  },
  {
    title: 'a push of a blob in two requests, the second of which has all bytes',
    run: (core) => pushWhole(core, FRESH),
    gives: [blob(HERE, FRESH)],
  },
  {
    title: 'a push of a blob that is not held in memory, in two requests',
    run: (core) => pushWhole(core, BIG),
    gives: [blob(HERE, BIG)],
  },
  { title: 'a push of a blob in three requests', run: pushInChunks, gives: [blob(HERE, FRESH)] },
  {
    title: 'a push of a blob in three requests, the second of which has all bytes',
    run: (core) => pushThenFinish(core, core),
    gives: [blob(HERE, FRESH)],
  },
  {
    title: 'a push of a blob whose bytes one instance takes, and which another finishes',
    run: (core) => pushThenFinish(core, composeCore(core.driver)),
    gives: [blob(HERE, FRESH)],
  },
  {
    title: 'a push of a blob that another repository has',
    run: ({ layers }) => pushBlob(layers, THERE, LAYERS[0]),
    gives: [blob(THERE, LAYERS[0])],
  },
  {
    title: 'a push of the empty blob',
    run: ({ layers }) => pushBlob(layers, HERE, Buffer.alloc(0)),
    gives: [blob(HERE, Buffer.alloc(0))],
  },
  {
    title: 'a mount',
    run: ({ layers }) => layers.mount(THERE, digestOf(LAYERS[1]), HERE),
    gives: [blob(THERE, LAYERS[1])],
  },
  {
    title: 'a put of a manifest of three layers by tag',
    run: ({ manifests }) => manifests.put(HERE, tagged('new'), NEW),
    gives: [manifest('new', NEW), manifest(digestOf(NEW.bytes), NEW)],
  },
  {
    title: 'a put of a manifest that moves two tags',
    run: ({ manifests }) => manifests.put(HERE, tagged('old'), { ...NEW, tags: [parseTag('also-old')] }),
    gives: [manifest('old', NEW), manifest('also-old', NEW), manifest(digestOf(NEW.bytes), NEW)],
    takes: [manifest('old', OLD), manifest('also-old', OLD)],
  },
  {
    title: 'a put of a manifest by digest',
    run: ({ manifests }) => manifests.put(HERE, { kind: 'digest', digest: digestOf(NEW.bytes) }, NEW),
    gives: [manifest(digestOf(NEW.bytes), NEW)],
  },
  {
    title: 'a delete of a tag',
    run: ({ manifests }) => manifests.delete(HERE, tagged('old')),
    gives: [],
    takes: [manifest('old', OLD)],
    doneAlready: ['MANIFEST_UNKNOWN'],
  },
  {
    title: 'a delete of a manifest with two tags',
    run: ({ manifests }) => manifests.delete(HERE, { kind: 'digest', digest: OLD_DIGEST }),
    gives: [],
    takes: PREPARED.pushes.filter(({ kind }) => kind === 'manifest'),
    doneAlready: ['MANIFEST_UNKNOWN'],
  },
  {
    title: 'a delete of a blob',
    run: ({ layers }) => layers.delete(HERE, digestOf(LAYERS[2])),
    gives: [],
    takes: [blob(HERE, LAYERS[2])],
    doneAlready: ['BLOB_UNKNOWN'],
  },
];

async function begin({ layers }: CoreParts): Promise<UploadState> {
  await using upload = await layers.upload(HERE);
  return upload.state;
}

async function pushWhole(core: CoreParts, bytes: Buffer): Promise<Digest> {
  const { uuid, startedAt } = await begin(core);
  const digest = digestOf(bytes);
  await using upload = await core.layers.resumeToFinish(HERE, { uuid, offset: 0, begunAt: startedAt, digest });
  await upload.append({ body: bodyOf(bytes) });
  return (await upload.finish(digest)).digest;
}

async function pushThenFinish(first: CoreParts, last: CoreParts): Promise<Digest> {
  const { uuid, startedAt } = await begin(first);
  const { offset } = await (async () => {
    await using upload = await first.layers.resume(HERE, { uuid, offset: 0, begunAt: startedAt });
    await upload.append({ body: bodyOf(FRESH) });
    return await upload.close();
  })();
  const digest = digestOf(FRESH);
  await using upload = await last.layers.resumeToFinish(HERE, { uuid, offset, digest });
  return (await upload.finish(digest)).digest;
}

async function pushInChunks(core: CoreParts): Promise<Digest> {
  const { layers } = core;
  const { uuid, startedAt } = await begin(core);
  {
    await using upload = await layers.resume(HERE, { uuid, offset: 0, begunAt: startedAt });
    await upload.append({ body: bodyOf(FRESH.subarray(0, 2000)), range: { start: 0, end: 2000 } });
  }
  await using upload = await layers.resume(HERE, { uuid, offset: 2000 });
  await upload.append({ body: bodyOf(FRESH.subarray(2000)) });
  return (await upload.finish(digestOf(FRESH))).digest;
}

/** Repeats an operation; if it is recognisable as done, that counts as success. */
export async function repeat({ run, doneAlready = [] }: Operation, core: CoreParts): Promise<void> {
  try {
    await run(core);
  } catch (error) {
    if (!doneAlready.some((code) => RegistryError.is(error, code))) throw error;
  }
}
