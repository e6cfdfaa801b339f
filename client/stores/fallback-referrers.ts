import { KeyedMutex, mapConcurrently } from '../../core/async/concurrency.ts';
import { type Digest, isDigest } from '../../core/digest/digest.ts';
import { readStoredManifest } from '../../core/manifests/stored-manifest.ts';
import { isJsonObject } from '../../core/model/descriptor.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { OCI_IMAGE_INDEX } from '../../core/model/media-types.ts';
import { fallbackTag, formatReference, type Reference, type RepositoryName } from '../../core/model/reference.ts';
import { referrerOf } from '../../core/model/referrer.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { ManifestService, StoredManifest } from '../../core/registry/manifest-service.ts';
import { StoreError } from './store-error.ts';

const READS_AT_A_TIME = 8;
/** The codes with which registries reject an index that names content they lack. */
const REFUSALS = ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_UNKNOWN', 'MANIFEST_INVALID', 'BLOB_UNKNOWN'] as const;

/** A manifest that may have a subject. */
type ReferringManifest = Pick<StoredManifest, 'digest' | 'bytes'>;

/**
 * The index under a tag by which clients find referrers in a registry without a referrers API (distribution-spec,
 * "Pushing Manifests with Subject"). Calls for one subject run one after the other; another client may still overwrite
 * an entry.
 */
export class FallbackReferrers {
  readonly #manifests: ManifestService;
  readonly #updating = new KeyedMutex();

  constructor(manifests: ManifestService) {
    this.#manifests = manifests;
  }

  /**
   * Lists a manifest as a referrer of its subject; does nothing if it has none, or is already listed.
   * @throws StoreError `unsupported` when the tag names something else, which is left unchanged
   */
  async add(name: RepositoryName, manifest: ReferringManifest, context: CallContext = {}): Promise<void> {
    const referrer = referrerOf(readStoredManifest(manifest.bytes), sizeAndDigest(manifest));
    if (referrer === undefined) return;
    const { subject, descriptor } = referrer;
    await this.#update({ name, subject }, context, (listed, reference) => {
      if (listed === undefined) {
        throw new StoreError('unsupported', `${name}:${formatReference(reference)} is not an index of referrers`, {
          hint: 'remove this tag; the registry has no other place for referrers',
        });
      }
      return listed.some((entry) => digestIn(entry) === descriptor.digest) ? undefined : [...listed, descriptor];
    });
  }

  /** Removes a deleted manifest from the list of its subject; does nothing if no list names it. */
  async remove(name: RepositoryName, manifest: ReferringManifest, context: CallContext = {}): Promise<void> {
    const referrer = referrerOf(readStoredManifest(manifest.bytes), sizeAndDigest(manifest));
    if (referrer === undefined) return;
    const { subject, descriptor } = referrer;
    await this.#update({ name, subject }, context, (listed = []) => {
      const left = listed.filter((entry) => digestIn(entry) !== descriptor.digest);
      return left.length === listed.length ? undefined : left;
    });
  }

  /**
   * @param change returns the new list, or `undefined` for no change. It receives `undefined` if the tag names
   * something else.
   */
  async #update(
    { name, subject }: { readonly name: RepositoryName; readonly subject: Digest },
    context: CallContext,
    change: (listed: readonly unknown[] | undefined, reference: Reference) => readonly unknown[] | undefined,
  ): Promise<void> {
    const reference = { kind: 'tag', tag: fallbackTag(subject) } as const;
    await this.#updating.run(
      `${name}@${subject}`,
      async () => {
        const entries = change(await this.#listed(name, reference, context), reference);
        if (entries === undefined) return;
        try {
          await this.#put(name, reference, entries, context);
        } catch (error) {
          // A registry may reject a list that names content it no longer has.
          if (!REFUSALS.some((code) => RegistryError.is(error, code))) throw error;
          const present = await this.#present(name, entries, context);
          if (present.length === entries.length) throw error;
          await this.#put(name, reference, present, context);
        }
      },
      context.signal,
    );
  }

  async #put(
    name: RepositoryName,
    reference: Reference,
    entries: readonly unknown[],
    context: CallContext,
  ): Promise<void> {
    const index = { schemaVersion: 2, mediaType: OCI_IMAGE_INDEX, manifests: entries };
    const bytes = Buffer.from(JSON.stringify(index));
    await this.#manifests.put(name, reference, { bytes, contentType: OCI_IMAGE_INDEX }, context);
  }

  async #present(name: RepositoryName, entries: readonly unknown[], context: CallContext): Promise<readonly unknown[]> {
    const found = await mapConcurrently(entries, READS_AT_A_TIME, async (entry) => {
      const digest = digestIn(entry);
      return digest !== undefined && (await this.#manifests.exists(name, { kind: 'digest', digest }, context));
    });
    return entries.filter((_, at) => found[at]);
  }

  /** @returns `undefined` when the tag does not name an index */
  async #listed(
    name: RepositoryName,
    reference: Reference,
    context: CallContext,
  ): Promise<readonly unknown[] | undefined> {
    let index: unknown;
    try {
      index = JSON.parse((await this.#manifests.get(name, reference, {}, context)).bytes.toString());
    } catch (error) {
      if (RegistryError.is(error, 'MANIFEST_UNKNOWN')) return [];
      if (!(error instanceof SyntaxError)) throw error;
    }
    const manifests = isJsonObject(index) ? index['manifests'] : undefined;
    return Array.isArray(manifests) ? (manifests as unknown[]) : undefined;
  }
}

function sizeAndDigest({ digest, bytes }: ReferringManifest) {
  return { digest, size: bytes.byteLength };
}

function digestIn(entry: unknown): Digest | undefined {
  const digest = isJsonObject(entry) ? entry['digest'] : undefined;
  return typeof digest === 'string' && isDigest(digest) ? digest : undefined;
}
