import { algorithmOf, CANONICAL_ALGORITHM, type Digest } from '../../core/digest/digest.ts';
import type { ReadOptions } from '../../core/driver/index.ts';
import { manifestDigest } from '../../core/manifests/manifest-digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { parseTag, type Reference, type RepositoryName, type Tag } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { LayerService } from '../../core/registry/layer-service.ts';
import type { LayerUpload } from '../../core/registry/layer-upload.ts';
import type { ManifestService, PutManifest, StoredManifest } from '../../core/registry/manifest-service.ts';
import { allItems } from '../../core/registry/page.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { isSameRegistry } from '../references/registry-host.ts';
import { BlobUpload, type RequestLimits } from './blob-upload.ts';
import { FallbackReferrers } from './fallback-referrers.ts';
import type { IncomingBlob, IncomingManifest, ObjectStore, ReadContext } from './object-store.ts';
import { StoreError } from './store-error.ts';
import { MemoryUploadRecords, type UploadRecords } from './upload-records.ts';

/** The dependencies of a {@link RegistryStore}. */
export interface RegistryStoreDependencies {
  readonly registry: Registry;
  /** Records of uploads that another process may resume. Default: only calls of this store resume them. */
  readonly records?: UploadRecords | undefined;
}

/** The repository and its name. */
export interface RegistryStoreOptions {
  readonly repository: RepositoryName;
  /** The name of the registry in messages and records: its host, or the file of its configuration. */
  readonly host: string;
  /**
   * How long to wait, in milliseconds, for an upload that another request still writes to, such as one of a killed
   * process; then a new upload begins. Default: 30 seconds.
   */
  readonly patienceMs?: number;
}

/** One repository of a registry, local or remote. The caller owns the registry and closes it. */
export class RegistryStore implements ObjectStore {
  readonly label: string;
  readonly mayWantWholeIndexes = true;
  readonly #dependencies: { readonly registry: Registry; readonly records: UploadRecords };
  readonly #options: RegistryStoreOptions;
  readonly #fallback: FallbackReferrers;
  readonly #limits: RequestLimits = {};
  /** Uploads that the registry began instead of a mount. */
  readonly #begun = new Map<Digest, LayerUpload>();

  constructor(
    { registry, records = new MemoryUploadRecords() }: RegistryStoreDependencies,
    options: RegistryStoreOptions,
  ) {
    this.#dependencies = { registry, records };
    this.#options = options;
    this.#fallback = new FallbackReferrers(registry.manifests);
    this.label = `${options.host}/${options.repository}`;
  }

  async *tags(context?: CallContext): AsyncGenerator<Tag, void, undefined> {
    const { tags } = this.#dependencies.registry;
    yield* allItems((request) => tags.list(this.#options.repository, request, context));
  }

  async manifest(reference: Reference | undefined, context?: CallContext): Promise<StoredManifest> {
    const { manifests } = this.#dependencies.registry;
    const named = reference ?? { kind: 'tag', tag: LATEST };
    const stored = await manifests.get(this.#options.repository, named, {}, context);
    const expected = named.kind === 'digest' ? named.digest : stored.digest;
    if (manifestDigest(stored.bytes, stored.mediaType, algorithmOf(expected)) === expected) return stored;
    throw new StoreError('damaged', `${this.label} returned bytes that do not match manifest ${expected}`, {
      detail: { digest: expected },
    });
  }

  async hasManifest(digest: Digest, context?: CallContext): Promise<boolean> {
    const { manifests } = this.#dependencies.registry;
    return manifests.exists(this.#options.repository, { kind: 'digest', digest }, context);
  }

  async tagDigest(tag: Tag, context: CallContext = {}): Promise<Digest | undefined> {
    const { manifests } = this.#dependencies.registry;
    const reference: Reference = { kind: 'tag', tag };
    const name = this.#options.repository;
    try {
      const { digest } = await (knowsDigests(manifests)
        ? manifests.stat(name, reference, context)
        : manifests.get(name, reference, {}, context));
      return digest;
    } catch (error) {
      // The push reports any other problem.
      if (RegistryError.is(error)) return undefined;
      throw error;
    }
  }

  async blobSize(digest: Digest, context?: CallContext): Promise<number | undefined> {
    try {
      return (await this.#dependencies.registry.layers.stat(this.#options.repository, digest, context)).size;
    } catch (error) {
      // A repository that does not exist yet does not have the blob.
      if (RegistryError.is(error, 'BLOB_UNKNOWN') || RegistryError.is(error, 'NAME_UNKNOWN')) return undefined;
      throw error;
    }
  }

  async openBlob(descriptor: Descriptor, start: number, context: ReadContext = {}): Promise<AsyncIterable<Uint8Array>> {
    const { layers } = this.#dependencies.registry;
    const options = { start, signal: context.signal };
    if (knowsSizes(layers)) {
      const layer = layers.known(this.#options.repository, descriptor, context);
      return context.isReused === true ? layer.openReused(options) : layer.openUnverified(options);
    }
    return (await layers.fetch(this.#options.repository, descriptor.digest, context)).open(options);
  }

  async *referrers(subject: Digest, context?: CallContext): AsyncGenerator<Descriptor, void, undefined> {
    const { referrers } = this.#dependencies.registry;
    let after: Digest | undefined;
    do {
      const request = { limit: PAGE, after, artifactTypes: [] };
      const page = await referrers.list(this.#options.repository, subject, request, context);
      yield* page.items;
      after = page.next;
    } while (after !== undefined);
  }

  async writeBlob(blob: IncomingBlob, context: CallContext = {}): Promise<void> {
    const { registry, records } = this.#dependencies;
    const takeBegun = (): LayerUpload | undefined => this.#takeBegun(blob.descriptor.digest);
    const upload = new BlobUpload(
      { layers: registry.layers, records, takeBegun },
      { patienceMs: PATIENCE_MS, ...this.#options, blob, limits: this.#limits },
    );
    await upload.run(context);
  }

  /** If the registry accepts a manifest under a digest other than sha256, its tags get that digest as well. */
  async putManifest(manifest: IncomingManifest, context: CallContext = {}): Promise<Digest | undefined> {
    const { digest, bytes } = manifest;
    const put = await this.#put(manifest, context);
    // A registry with a referrers API returns the subject.
    const stored = { digest: put.digest, bytes };
    if (put.subject === undefined) await this.#fallback.add(this.#options.repository, stored, context);
    return put.digest === digest ? undefined : put.digest;
  }

  async mountBlob({ digest }: Descriptor, from: ObjectStore, context?: CallContext): Promise<boolean> {
    if (!(from instanceof RegistryStore) || !isSameRegistry(from.#options.host, this.#options.host)) return false;
    const { layers } = this.#dependencies.registry;
    try {
      if (mountsOrUploads(layers) && algorithmOf(digest) === CANONICAL_ALGORITHM) {
        const options = { digest, from: from.#options.repository };
        const { mounted, upload } = await layers.mountOrUpload(this.#options.repository, options, context);
        if (upload !== undefined) this.#begun.set(digest, upload);
        return mounted !== undefined;
      }
      return (await layers.mount(this.#options.repository, digest, from.#options.repository, context)) !== undefined;
    } catch (error) {
      // A client that may not mount may still push; the upload reports any other problem.
      if (RegistryError.is(error)) return false;
      throw error;
    }
  }

  /** The registry stays open; the caller owns it. Uploads that cannot be removed expire. */
  async [Symbol.asyncDispose](): Promise<void> {
    const unused = [...this.#begun.values()];
    this.#begun.clear();
    const signal = AbortSignal.timeout(CANCEL_MS);
    await Promise.allSettled(unused.map((upload) => upload.cancel({ signal })));
  }

  async #put({ digest, mediaType, bytes, tags }: IncomingManifest, context: CallContext): Promise<PutManifest> {
    const { manifests } = this.#dependencies.registry;
    const name = this.#options.repository;
    const [first, ...others] = tags;
    const manifest = { bytes, contentType: mediaType };
    if (first === undefined || algorithmOf(digest) !== CANONICAL_ALGORITHM) {
      try {
        return await manifests.put(name, { kind: 'digest', digest }, { ...manifest, tags }, context);
      } catch (error) {
        // A registry may support only sha256.
        if (first === undefined || !REFUSED_DIGESTS.some((code) => RegistryError.is(error, code))) throw error;
      }
    }
    return await manifests.put(name, { kind: 'tag', tag: first }, { ...manifest, tags: others }, context);
  }

  #takeBegun(digest: Digest): LayerUpload | undefined {
    const upload = this.#begun.get(digest);
    this.#begun.delete(digest);
    return upload;
  }
}

/** Layers of a remote registry, which may begin an upload if it cannot mount. */
interface MountingLayers extends LayerService {
  mountOrUpload(
    name: RepositoryName,
    options: { readonly digest: Digest; readonly from: RepositoryName },
    context?: CallContext,
  ): Promise<{ readonly mounted?: Descriptor; readonly upload?: LayerUpload }>;
}

function mountsOrUploads(layers: LayerService): layers is MountingLayers {
  return 'mountOrUpload' in layers;
}

/** Layers of a remote registry, which can open a blob without requesting the size that a manifest states. */
interface SizedLayers extends LayerService {
  /** The reader must verify the bytes. */
  known(
    name: RepositoryName,
    descriptor: Descriptor,
    context: CallContext,
  ): {
    openUnverified(options: ReadOptions): Promise<AsyncIterable<Uint8Array>>;
    openReused(options: ReadOptions): Promise<AsyncIterable<Uint8Array>>;
  };
}

function knowsSizes(layers: LayerService): layers is SizedLayers {
  return 'known' in layers;
}

/** Manifests of a remote registry, which returns their digests without their bytes. */
interface DigestedManifests extends ManifestService {
  stat(name: RepositoryName, reference: Reference, context: CallContext): Promise<Descriptor>;
}

function knowsDigests(manifests: ManifestService): manifests is DigestedManifests {
  return 'stat' in manifests;
}

/** The codes with which a registry rejects a digest algorithm that it does not support. */
const REFUSED_DIGESTS = ['DIGEST_INVALID', 'MANIFEST_INVALID', 'UNSUPPORTED', 'MANIFEST_UNKNOWN'] as const;
const PATIENCE_MS = 30_000;
/** How long the removal of unused uploads may take, in milliseconds. */
const CANCEL_MS = 2000;
const PAGE = 1000;
const LATEST = parseTag('latest');
