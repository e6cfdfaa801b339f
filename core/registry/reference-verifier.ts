import { mapConcurrently } from '../concurrency.ts';
import { BLOB_STORE, inject, injectable, REVISION_STORE, VALIDATION } from '../di.ts';
import { RegistryError } from '../errors.ts';
import type { Manifest, ManifestReference } from '../manifest.ts';
import type { RepositoryName } from '../reference.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { RevisionStore } from '../storage/revision-store.ts';

const CONCURRENCY = 16;

/** Matches the texts of URLs in manifests; must take time in proportion to the text. */
export interface UrlPattern {
  test(text: string): boolean;
}

/** What manifests must fulfil before they are stored. */
export interface ManifestValidation {
  /** Whether the content that a manifest names must be there. */
  readonly enabled: boolean;
  /** Patterns of URLs from which external layers may come; none at all allows every http(s) URL. */
  readonly urls: { readonly allow: readonly UrlPattern[]; readonly deny: readonly UrlPattern[] };
  /** Which children of an index must be there; for `list`, those of the platforms named. */
  readonly indexes: {
    readonly platforms: 'all' | 'none' | 'list';
    readonly platformList: ReadonlyArray<{ readonly architecture: string; readonly os: string }>;
  };
}

/** Checks that everything a manifest names is in its repository. */
@injectable()
export class ReferenceVerifier {
  readonly #blobs: BlobStore;
  readonly #revisions: RevisionStore;
  readonly #validation: ManifestValidation;

  constructor(
    @inject(BLOB_STORE) blobs: BlobStore,
    @inject(REVISION_STORE) revisions: RevisionStore,
    @inject(VALIDATION) validation: ManifestValidation,
  ) {
    this.#blobs = blobs;
    this.#revisions = revisions;
    this.#validation = validation;
  }

  /**
   * One error for each thing that is missing or not allowed; none when the manifest can be stored. At most two
   * driver calls for each blob and three for each child.
   */
  async problems(name: RepositoryName, manifest: Manifest): Promise<RegistryError[]> {
    if (!this.#validation.enabled) return [];
    const found = await mapConcurrently(manifest.references, CONCURRENCY, async (reference) => {
      const urlProblem = this.#urlProblem(reference);
      if (urlProblem !== undefined) return urlProblem;
      if (await this.#isThere(name, reference)) return undefined;
      const { digest, size, mediaType } = reference.descriptor;
      return new RegistryError('MANIFEST_BLOB_UNKNOWN', { digest, at: reference.at, size, mediaType });
    });
    return found.filter((problem) => problem !== undefined);
  }

  async #isThere(name: RepositoryName, { role, descriptor }: ManifestReference): Promise<boolean> {
    switch (role) {
      case 'external':
        return true;
      case 'blob':
        return (await this.#blobs.find(name, descriptor.digest)) !== undefined;
      case 'child':
        return (
          !this.#isChildRequired(descriptor.platform) ||
          (await this.#revisions.has(name, descriptor.digest)) ||
          // BuildKit caches are indexes whose children are blobs.
          (await this.#blobs.find(name, descriptor.digest)) !== undefined
        );
    }
  }

  #isChildRequired(platform: { architecture: string; os: string } | undefined): boolean {
    const { platforms, platformList } = this.#validation.indexes;
    if (platforms !== 'list') return platforms === 'all';
    return platformList.some(({ architecture, os }) => platform?.architecture === architecture && platform.os === os);
  }

  #urlProblem({ role, at, descriptor }: ManifestReference): RegistryError | undefined {
    if (role !== 'external') return undefined;
    const { allow, deny } = this.#validation.urls;
    for (const [index, text] of (descriptor.urls ?? []).entries()) {
      const url = URL.parse(text);
      const allowed =
        url !== null &&
        (url.protocol === 'http:' || url.protocol === 'https:') &&
        url.hash === '' &&
        (allow.length === 0 || allow.some((pattern) => pattern.test(text))) &&
        !deny.some((pattern) => pattern.test(text));
      if (allowed) continue;
      const reason = 'must be an http(s) URL without fragment that validation.manifests.urls allows';
      return new RegistryError('MANIFEST_INVALID', { at: `${at}.urls[${index}]`, reason });
    }
    return undefined;
  }
}
