import { mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable, VALIDATION } from '../../di.ts';
import type { Manifest, ManifestReference } from '../../manifests/manifest.ts';
import type { ManifestValidation } from '../../manifests/manifest-validation.ts';
import type { Descriptor, Platform } from '../../model/descriptor.ts';
import { RegistryError } from '../../model/errors.ts';
import type { RepositoryName } from '../../model/reference.ts';
import { BlobStore } from '../../storage/blob-store.ts';
import { RevisionStore } from '../../storage/revision-store.ts';
import { ManifestCache } from './manifest-cache.ts';

const CONCURRENCY = 16;

/** The result of a verification. */
export interface Verification {
  /** One error for each reference that is missing or not allowed; the first thousand. */
  readonly problems: readonly RegistryError[];
  /** Mistakes in the manifest that do not prevent storing it; one sentence each, the first ten. */
  readonly remarks: readonly string[];
}

/** Limits memory: errors are much larger than the references that cause them. */
const MAX_PROBLEMS = 1000;
const MAX_REMARKS = 10;

/** Checks that everything a manifest names is in its repository. */
@injectable()
export class ReferenceVerifier {
  readonly #blobs: BlobStore;
  readonly #revisions: RevisionStore;
  readonly #cache: ManifestCache;
  readonly #validation: ManifestValidation;

  constructor(
    @inject(BlobStore) blobs: BlobStore,
    @inject(RevisionStore) revisions: RevisionStore,
    @inject(ManifestCache) cache: ManifestCache,
    @inject(VALIDATION) validation: ManifestValidation,
  ) {
    this.#blobs = blobs;
    this.#revisions = revisions;
    this.#cache = cache;
    this.#validation = validation;
  }

  /**
   * Looks up everything that a manifest names. If a size differs from the stored size, the blob is read: it counts as
   * missing if its bytes do not match its digest; otherwise the manifest is wrong, which is a remark. At most two
   * driver calls for each blob and four for each child, however often the manifest names it; none for those that this
   * process has just stored in a remote storage.
   */
  async verify(name: RepositoryName, manifest: Manifest): Promise<Verification> {
    const problems: RegistryError[] = [];
    const remarks: string[] = [];
    if (!this.#validation.enabled) return { problems, remarks };
    const asked = new Map<string, Promise<Found>>();
    const find = (reference: ManifestReference): Promise<Found> => {
      const { role, descriptor } = reference;
      const key = `${role} ${descriptor.digest}`;
      let found = asked.get(key);
      found ??= role === 'child' ? this.#findChild(name, descriptor) : this.#findBlob(name, descriptor);
      asked.set(key, found);
      return found;
    };
    let failures = 0;
    const verdicts = await mapConcurrently(manifest.references, CONCURRENCY, async (reference) => {
      if (failures >= MAX_PROBLEMS) return undefined;
      const verdict = this.#isRequired(reference)
        ? verdictOn(reference, await find(reference))
        : this.#urlProblem(reference);
      if (verdict instanceof RegistryError) failures += 1;
      return verdict;
    });
    for (const verdict of verdicts) {
      if (typeof verdict === 'string') remarks.push(verdict);
      else if (verdict !== undefined) problems.push(verdict);
    }
    return { problems: problems.slice(0, MAX_PROBLEMS), remarks: remarks.slice(0, MAX_REMARKS) };
  }

  #isRequired({ role, descriptor }: ManifestReference): boolean {
    return role === 'blob' || (role === 'child' && this.#isChildRequired(descriptor.platform));
  }

  async #findBlob(name: RepositoryName, { digest, size }: Descriptor): Promise<Found> {
    const blob = await this.#blobs.findStated(name, digest, size);
    return { isThere: blob !== undefined, size: blob?.size };
  }

  async #findChild(name: RepositoryName, descriptor: Descriptor): Promise<Found> {
    const { digest } = descriptor;
    const isCertain = this.#cache.hasStored(name, digest) && !(await this.#blobs.collections.isCandidate(digest));
    // A crash in the middle of a push leaves a link without content.
    if (isCertain || (await this.#revisions.hasWhole(name, digest))) {
      return { isThere: true, size: this.#cache.content(digest)?.bytes.byteLength };
    }
    // BuildKit caches are indexes whose children are blobs.
    return this.#findBlob(name, descriptor);
  }

  #isChildRequired(platform: Platform | undefined): boolean {
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
      const reason = 'must be an http(s) URL without a fragment that validation.manifests.urls allows';
      return new RegistryError('MANIFEST_INVALID', { at: `${at}.urls[${index}]`, reason });
    }
    return undefined;
  }
}

/** Whether the repository has the content of a reference. */
interface Found {
  readonly isThere: boolean;
  /** In bytes; `undefined` if it would take an extra driver call. */
  readonly size: number | undefined;
}

/** An error, a remark, or nothing. */
function verdictOn({ at, descriptor }: ManifestReference, found: Found): RegistryError | string | undefined {
  const { digest, size } = descriptor;
  if (!found.isThere) {
    const mediaType = descriptor.mediaType.slice(0, 256);
    return new RegistryError('MANIFEST_BLOB_UNKNOWN', { digest, at, size, mediaType });
  }
  if (found.size === undefined || found.size === size) return undefined;
  return `${at} has the size ${size}, but ${found.size} bytes are stored; clients may reject it`;
}
