import { mapConcurrently } from '../async/concurrency.ts';
import type { Digest } from '../digest/digest.ts';
import { parseManifest } from '../manifests/manifest.ts';
import { readStoredManifest, type StoredContent } from '../manifests/stored-manifest.ts';
import { RegistryError, RegistryErrors } from '../model/errors.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import { referrerOf } from '../model/referrer.ts';
import type { CallContext } from '../registry/call-context.ts';
import type { ManifestReader } from '../registry/local/manifest-reader.ts';
import type { LocalManifestService } from '../registry/local/manifest-service.ts';
import type { StoredManifest } from '../registry/manifest-service.ts';
import { LookupMoment } from '../storage/collection/lookup-moment.ts';
import type { SignatureStore } from '../storage/signature-store.ts';
import type { SweptContent } from './swept-content.ts';

const CONCURRENCY = 16;

/** What returns manifests. */
export interface ManifestReturnDependencies {
  readonly manifests: LocalManifestService;
  readonly reader: ManifestReader;
  readonly signatures: SignatureStore;
  readonly content: SweptContent;
}

/** A manifest whose content is known. */
export interface ReadManifest extends StoredManifest {
  readonly content: StoredContent;
}

/** How a manifest comes back. */
export interface ReturnOptions {
  readonly tags: readonly Tag[];
  readonly signatures: readonly Digest[];
  readonly mayMove: (tag: Tag, before: Digest | undefined) => boolean;
  /** Whether it comes back although blobs of it are missing. */
  readonly isForced: boolean;
  readonly context: CallContext | undefined;
}

/**
 * Stores deleted manifests again, as a push of the same bytes would: what they name is kept from collections and looked
 * up before and after, and tags come last. So it is as safe beside collections, deletes and other processes as a push.
 */
export class ManifestReturn {
  readonly #dependencies: ManifestReturnDependencies;

  constructor(dependencies: ManifestReturnDependencies) {
    this.#dependencies = dependencies;
  }

  /** Whether the repository has the manifest. */
  has(name: RepositoryName, digest: Digest): Promise<boolean> {
    return this.#dependencies.manifests.exists(name, { kind: 'digest', digest });
  }

  /**
   * The bytes of a deleted manifest, which come back if they were swept.
   * @throws RegistryError `MANIFEST_UNKNOWN`
   */
  async read(name: RepositoryName, digest: Digest): Promise<ReadManifest> {
    const { reader, content } = this.#dependencies;
    let bytes = await reader.read(digest);
    if (bytes === undefined) {
      await content.bringBackBytes(digest);
      bytes = await reader.read(digest);
    }
    if (bytes === undefined || bytes === 'damaged') {
      const reason = bytes === undefined ? 'its bytes are gone' : 'its stored bytes are damaged';
      throw new RegistryError('MANIFEST_UNKNOWN', { name, reference: digest, reason });
    }
    const stored = readStoredManifest(bytes);
    return { digest, bytes, mediaType: stored.mediaType, content: stored };
  }

  /**
   * Brings back what a manifest names, then the manifest, then its tags.
   * @returns the blobs that had been swept
   * @throws RegistryErrors `MANIFEST_BLOB_UNKNOWN` for every blob that is gone for good
   */
  async bringBack(name: RepositoryName, manifest: ReadManifest, options: ReturnOptions): Promise<readonly Digest[]> {
    const { manifests, signatures } = this.#dependencies;
    const { digest, bytes, mediaType, content } = manifest;
    const verifiedAt = new LookupMoment();
    const swept = await this.#ensureBlobs(name, manifest, options);
    const beside = {
      add: () => signatures.link(name, digest, options.signatures),
      remove: () => signatures.remove(name, digest, options.signatures),
    };
    const referrer = referrerOf(content, { digest, size: bytes.byteLength });
    const verifyAgain = (): Promise<unknown> => this.#ensureBlobs(name, manifest, options);
    const { tags, mayMove, context } = options;
    const verified = { digest, mediaType, bytes, referrer, tags, mayMove, verifiedAt, verifyAgain };
    const isSigned = options.signatures.length > 0;
    await manifests.store(name, { ...verified, signatures: isSigned ? beside : undefined }, context);
    return swept;
  }

  async #ensureBlobs(
    name: RepositoryName,
    manifest: ReadManifest,
    { isForced }: ReturnOptions,
  ): Promise<readonly Digest[]> {
    const { needed, others } = blobsOf(manifest);
    const find = async (digest: Digest) => ({ digest, ...(await this.#dependencies.content.ensure(name, digest)) });
    const found = await mapConcurrently([...needed], CONCURRENCY, find);
    // What a push may omit: children of sparse indexes, which some clients store as blobs.
    const children = await mapConcurrently(others, CONCURRENCY, async (digest) =>
      (await this.has(name, digest)) ? [] : [await find(digest)],
    );
    const missing = found.filter(({ isThere }) => !isThere);
    if (missing.length > 0 && !isForced)
      throw new RegistryErrors(
        missing.map(({ digest }) => new RegistryError('MANIFEST_BLOB_UNKNOWN', { digest, reason: 'gone' })) as [
          RegistryError,
          ...RegistryError[],
        ],
      );
    return [...found, ...children.flat()].filter(({ wasSwept }) => wasSwept).map(({ digest }) => digest);
  }
}

/** The blobs without which nobody can pull a manifest, and what else it names. */
function blobsOf({ bytes, mediaType, content }: ReadManifest): {
  readonly needed: ReadonlySet<Digest>;
  readonly others: readonly Digest[];
} {
  const others = content.children.map(({ digest }) => digest);
  const needed = new Set<Digest>(content.sums);
  const named = (digests: readonly Digest[]) => {
    for (const digest of digests) needed.add(digest);
    return { needed, others };
  };
  try {
    const { references } = parseManifest(bytes, mediaType);
    return named(references.flatMap(({ role, descriptor }) => (role === 'blob' ? [descriptor.digest] : [])));
  } catch (error) {
    if (!RegistryError.is(error)) throw error;
    // Another program has stored it.
    return named(content.blobs.map(({ digest }) => digest));
  }
}
