import type { Digest } from '../digest/digest.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { CallContext } from './call-context.ts';
import type { LayerService } from './layer-service.ts';
import type { ManifestService } from './manifest-service.ts';
import type { ReferrerService } from './referrer-service.ts';
import type { Registry } from './registry.ts';
import type { TagService } from './tag-service.ts';

/** The registries, and which repositories belong to which. */
export interface ScopedRegistryDependencies {
  /** The registry of the matching repositories. */
  readonly scoped: Registry;
  /** The registry of all others, and of the catalog. */
  readonly others: Registry;
  readonly matches: (name: RepositoryName) => boolean;
}

/**
 * Sends calls for some repositories to one registry and all others to another. The registry of the target performs a
 * mount. If the source belongs to the other registry, that one must first allow fetching the blob. A mount from
 * anywhere (`*`) could expose what `scoped` hides, so it is possible only within `scoped`, unless both have the same
 * layers.
 */
export class ScopedRegistry implements Registry {
  readonly layers: LayerService;
  readonly manifests: ManifestService;
  readonly tags: TagService;
  readonly referrers: ReferrerService;
  readonly catalog: Registry['catalog'];

  constructor({ scoped, others, matches }: ScopedRegistryDependencies) {
    const of = (name: RepositoryName): Registry => (matches(name) ? scoped : others);
    const mayTake = async (name: RepositoryName, { from, digest, context }: Source): Promise<boolean> => {
      // A wrapper that does not change blobs hides none.
      if (scoped.layers === others.layers) return true;
      if (from === '*') return matches(name);
      return of(from) === of(name) || mayFetch(of(from).layers, from, { digest, context });
    };
    this.layers = {
      // Chunks must be large enough for both.
      get minChunkBytes() {
        return Math.max(scoped.layers.minChunkBytes, others.layers.minChunkBytes);
      },
      exists: (name, ...rest) => of(name).layers.exists(name, ...rest),
      stat: (name, ...rest) => of(name).layers.stat(name, ...rest),
      fetch: (name, ...rest) => of(name).layers.fetch(name, ...rest),
      upload: (name, ...rest) => of(name).layers.upload(name, ...rest),
      resume: (name, ...rest) => of(name).layers.resume(name, ...rest),
      resumeToFinish: (name, ...rest) => of(name).layers.resumeToFinish(name, ...rest),
      status: (name, ...rest) => of(name).layers.status(name, ...rest),
      mount: async (name, digest, from, context) => {
        const isFree = await mayTake(name, { from, digest, context });
        return isFree ? of(name).layers.mount(name, digest, from, context) : undefined;
      },
      delete: (name, ...rest) => of(name).layers.delete(name, ...rest),
    };
    this.manifests = {
      exists: (name, ...rest) => of(name).manifests.exists(name, ...rest),
      get: (name, ...rest) => of(name).manifests.get(name, ...rest),
      put: (name, ...rest) => of(name).manifests.put(name, ...rest),
      delete: (name, ...rest) => of(name).manifests.delete(name, ...rest),
    };
    this.tags = { list: (name, ...rest) => of(name).tags.list(name, ...rest) };
    this.referrers = { list: (name, ...rest) => of(name).referrers.list(name, ...rest) };
    this.catalog = others.catalog;
  }
}

/** The source of a mount. */
interface Source {
  readonly from: RepositoryName | '*';
  readonly digest: Digest;
  readonly context: CallContext | undefined;
}

/** Errors of a source that does not allow the mount; the client is then asked to upload the blob. */
const REFUSALS = ['BLOB_UNKNOWN', 'NAME_UNKNOWN', 'DENIED', 'UNAUTHORIZED'] as const;

async function mayFetch(
  layers: LayerService,
  name: RepositoryName,
  { digest, context }: Omit<Source, 'from'>,
): Promise<boolean> {
  try {
    await layers.fetch(name, digest, context);
    return true;
  } catch (error) {
    if (REFUSALS.some((code) => RegistryError.is(error, code))) return false;
    throw error;
  }
}
