import { Readable } from 'node:stream';
import { algorithmOf, type Digest, digestOf } from '../../../core/digest/digest.ts';
import { parseManifest } from '../../../core/manifests/manifest.ts';
import { readStoredManifest } from '../../../core/manifests/stored-manifest.ts';
import type { Descriptor } from '../../../core/model/descriptor.ts';
import { RegistryError, RegistryErrors } from '../../../core/model/errors.ts';
import { OCTET_STREAM } from '../../../core/model/media-types.ts';
import {
  createUploadId,
  formatReference,
  type Reference,
  type RepositoryName,
  type Tag,
  type UploadId,
} from '../../../core/model/reference.ts';
import { referrerOf } from '../../../core/model/referrer.ts';
import { UploadRangeError, type UploadState } from '../../../core/model/upload-state.ts';
import type { Layer } from '../../../core/registry/layer.ts';
import type { LayerService } from '../../../core/registry/layer-service.ts';
import type { LayerUpload } from '../../../core/registry/layer-upload.ts';
import type { ManifestService, StoredManifest } from '../../../core/registry/manifest-service.ts';
import { takePage } from '../../../core/registry/page.ts';
import type { Registry } from '../../../core/registry/registry.ts';

interface Repository {
  readonly blobs: Map<Digest, Buffer>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly tags: Map<Tag, Digest>;
  readonly uploads: Map<UploadId, { readonly startedAt: Date; bytes: Buffer }>;
}

/** A registry without a storage: a second implementation of the contract, with maps. It offers no seekable reader. */
export function memoryRegistry(): Registry {
  const repositories = new Map<RepositoryName, Repository>();
  const at = (name: RepositoryName): Repository => {
    const repository = repositories.get(name) ?? {
      blobs: new Map(),
      manifests: new Map(),
      tags: new Map(),
      uploads: new Map(),
    };
    repositories.set(name, repository);
    return repository;
  };
  const hasContent = ({ blobs, manifests }: Repository): boolean => blobs.size + manifests.size > 0;
  return {
    layers: layersOf(at, () => [...repositories.values()]),
    manifests: manifestsOf(at),
    tags: {
      list: (name, request) => {
        if (!hasContent(at(name))) throw new RegistryError('NAME_UNKNOWN', { name });
        return takePage(request, async (limit) => part([...at(name).tags.keys()], request.after, limit));
      },
    },
    referrers: {
      list: async (name, subject, { artifactTypes }) => {
        const referrers = [...at(name).manifests.values()].flatMap(({ digest, bytes }) => {
          const referrer = referrerOf(readStoredManifest(bytes), { digest, size: bytes.byteLength });
          return referrer?.subject === subject ? [referrer.descriptor] : [];
        });
        const isWanted = ({ artifactType = '' }: Descriptor): boolean =>
          artifactTypes.length === 0 || artifactTypes.includes(artifactType);
        return { items: referrers.filter(isWanted), next: undefined };
      },
    },
    catalog: {
      list: (request) =>
        takePage(request, async (limit) => {
          const names = [...repositories].flatMap(([name, repository]) => (hasContent(repository) ? [name] : []));
          return part(names, request.after, limit);
        }),
    },
  };
}

function layersOf(at: (name: RepositoryName) => Repository, all: () => readonly Repository[]): LayerService {
  const layers: LayerService = {
    minChunkBytes: 0,
    exists: async (name, digest) => at(name).blobs.has(digest),
    stat: async (name, digest) => (await layers.fetch(name, digest)).descriptor,
    fetch: async (name, digest) => {
      const bytes = at(name).blobs.get(digest);
      if (bytes === undefined) throw new RegistryError('BLOB_UNKNOWN', { digest });
      return layerOf(digest, bytes);
    },
    upload: async (name) => {
      const uuid = createUploadId();
      at(name).uploads.set(uuid, { startedAt: new Date(), bytes: Buffer.of() });
      return uploadOf(at(name), name, uuid);
    },
    resume: async (name, { uuid, offset }) => {
      const upload = uploadOf(at(name), name, uuid);
      if (offset === undefined || offset === upload.size) return upload;
      throw new UploadRangeError(upload.state, { reason: 'the upload has another size', given: offset });
    },
    resumeToFinish: (name, { uuid, offset }) => layers.resume(name, { uuid, offset }),
    status: async (name, { uuid }) => uploadOf(at(name), name, uuid).state,
    mount: async (name, digest, from) => {
      const sources = from === '*' ? all() : [at(from)];
      const bytes = sources.map(({ blobs }) => blobs.get(digest)).find((found) => found !== undefined);
      if (bytes === undefined) return undefined;
      at(name).blobs.set(digest, bytes);
      return layerOf(digest, bytes).descriptor;
    },
    delete: async (name, digest) => {
      if (!at(name).blobs.delete(digest)) throw new RegistryError('BLOB_UNKNOWN', { digest });
    },
  };
  return layers;
}

function layerOf(digest: Digest, bytes: Buffer): Layer {
  return {
    descriptor: { mediaType: OCTET_STREAM, digest, size: bytes.byteLength },
    open: async ({ start, end } = {}) => Readable.from([bytes.subarray(start, end)], { objectMode: false }),
    reader: async () => Promise.reject(new RegistryError('UNSUPPORTED')),
    redirectUrl: async () => undefined,
  };
}

function uploadOf({ uploads, blobs }: Repository, name: RepositoryName, uuid: UploadId): LayerUpload {
  const upload = uploads.get(uuid);
  if (upload === undefined) throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { uuid });
  const state = (): UploadState => ({ name, uuid, startedAt: upload.startedAt, offset: upload.bytes.byteLength });
  return {
    get size() {
      return upload.bytes.byteLength;
    },
    get state() {
      return state();
    },
    append: async ({ body, range }) => {
      if (range !== undefined && range.start !== upload.bytes.byteLength) {
        throw new UploadRangeError(state(), { reason: 'a chunk must begin where the upload ends' });
      }
      for await (const bytes of body) upload.bytes = Buffer.concat([upload.bytes, bytes]);
    },
    finish: async (digest) => {
      uploads.delete(uuid);
      const computed = digestOf(upload.bytes, algorithmOf(digest));
      if (computed !== digest) throw new RegistryError('DIGEST_INVALID', { digest, computed });
      blobs.set(digest, upload.bytes);
      return layerOf(digest, upload.bytes).descriptor;
    },
    cancel: async () => void uploads.delete(uuid),
    close: async () => state(),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function manifestsOf(at: (name: RepositoryName) => Repository): ManifestService {
  const find = (name: RepositoryName, reference: Reference): StoredManifest | undefined => {
    const { manifests, tags } = at(name);
    const digest = reference.kind === 'digest' ? reference.digest : tags.get(reference.tag);
    return digest === undefined ? undefined : manifests.get(digest);
  };
  const get = async (name: RepositoryName, reference: Reference): Promise<StoredManifest> => {
    const manifest = find(name, reference);
    if (manifest === undefined) throw new RegistryError('MANIFEST_UNKNOWN', { reference: formatReference(reference) });
    return manifest;
  };
  return {
    get,
    exists: async (name, reference) => find(name, reference) !== undefined,
    put: async (name, reference, { bytes, contentType, tags = [] }) => {
      const { mediaType, subject, problems } = parseManifest(bytes, contentType);
      const [first, ...others] = problems;
      if (first !== undefined) throw new RegistryErrors([first, ...others]);
      const digest = digestOf(bytes, reference.kind === 'digest' ? algorithmOf(reference.digest) : undefined);
      at(name).manifests.set(digest, { digest, mediaType, bytes });
      for (const tag of reference.kind === 'tag' ? [reference.tag, ...tags] : tags) at(name).tags.set(tag, digest);
      return { digest, mediaType, subject: subject?.digest, warnings: [] };
    },
    delete: async (name, reference) => {
      const { digest } = await get(name, reference);
      const { manifests, tags } = at(name);
      if (reference.kind === 'tag') return void tags.delete(reference.tag);
      manifests.delete(digest);
      for (const [tag, target] of tags) if (target === digest) tags.delete(tag);
    },
  };
}

function part<Text extends string>(items: readonly Text[], after: string | undefined, limit: number): Text[] {
  const sorted = items.toSorted();
  return sorted.filter((item) => after === undefined || item > after).slice(0, limit);
}
