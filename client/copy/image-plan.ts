import { mapConcurrently } from '../../core/async/concurrency.ts';
import type { Digest } from '../../core/digest/digest.ts';
import type { Manifest } from '../../core/manifests/manifest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { isIndexType } from '../../core/model/media-types.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import type { ObjectStore } from '../stores/object-store.ts';
import { CopyError } from './copy-error.ts';
import { isManifestType, readManifest } from './read-manifest.ts';

/** The maximum nesting depth of indexes. */
const MAX_DEPTH = 8;
/** The most manifests of one image, including its referrers. */
export const MAX_MANIFESTS = 10_000;
/** The maximum total size of its manifests in bytes; they stay in memory until they are stored. */
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;
const READS_AT_A_TIME = 8;

/** A blob of an image. */
export interface PlannedBlob {
  readonly descriptor: Descriptor;
  /** Whether other servers serve it and no registry accepts it. */
  readonly isExternal: boolean;
}

/** A manifest of an image. */
export interface PlannedManifest {
  readonly digest: Digest;
  /** Absent if the target has it and nothing more needs to be known about it. */
  readonly stored?: StoredManifest;
  readonly isPart: boolean;
  readonly exists: boolean;
}

/** How a manifest relates to its image. */
export interface ManifestPlace {
  /** Whether another manifest names it. */
  readonly isPart: boolean;
  /** The requested children of an index. Default: all. */
  readonly wanted?: ReadonlySet<Digest> | undefined;
}

/** The content of an image, and which of it the target has. */
export class ImagePlan {
  /** The blobs without duplicates, in the order of the manifests that name them. */
  readonly blobs = new Map<Digest, PlannedBlob>();
  /** The manifests without duplicates, each after everything that it names. */
  readonly manifests = new Map<Digest, PlannedManifest>();
  readonly #source: ObjectStore;
  readonly #target: ObjectStore;
  #manifestBytes = 0;

  constructor(source: ObjectStore, target: ObjectStore) {
    this.#source = source;
    this.#target = target;
  }

  /**
   * Adds a manifest and everything that it names. The blobs of an image that the target has are omitted, unless they
   * can have been lost since. The images of an index are checked one by one, because a target may have an index but
   * lack its images.
   * @throws CopyError `manifest` when a manifest cannot be read, or the whole is too large or nested too deeply
   */
  async add(stored: StoredManifest, place: ManifestPlace, context: CallContext): Promise<void> {
    const { digest } = stored;
    const exists = await this.#target.hasManifest(digest, context);
    await this.#add({ digest, stored, isPart: place.isPart, exists }, { ...place, depth: 0 }, context);
  }

  async #add(
    planned: PlannedManifest,
    place: ManifestPlace & { readonly depth: number },
    context: CallContext,
  ): Promise<void> {
    const { digest, stored, exists } = planned;
    if (this.manifests.has(digest)) return;
    if (place.depth > MAX_DEPTH) {
      throw new CopyError('manifest', `manifest ${digest} is nested in more than ${MAX_DEPTH} indexes`, { digest });
    }
    if (stored !== undefined) {
      const manifest = readManifest(stored);
      if (isIndexType(manifest.mediaType)) await this.#addChildren(manifest, place, context);
      else if (!exists || this.#target.isChecked === true) this.#addBlobs(manifest);
    }
    if (this.manifests.size >= MAX_MANIFESTS) {
      throw new CopyError('manifest', `the image has more than ${MAX_MANIFESTS} manifests`, { digest });
    }
    this.#manifestBytes += stored?.bytes.byteLength ?? 0;
    if (this.#manifestBytes > MAX_MANIFEST_BYTES) {
      throw new CopyError('manifest', `the manifests of the image have more than ${MAX_MANIFEST_BYTES} bytes`, {
        digest,
      });
    }
    this.manifests.set(digest, planned);
  }

  async #addChildren(
    { references }: Manifest,
    { depth, wanted }: ManifestPlace & { readonly depth: number },
    context: CallContext,
  ): Promise<void> {
    const entries = references.map(({ descriptor }) => descriptor);
    const children = entries.filter(({ digest }) => wanted?.has(digest) ?? true);
    if (children.length > MAX_MANIFESTS) throw new CopyError('manifest', `an index names ${children.length} manifests`);
    for (const child of children) if (!isManifestType(child)) this.#addBlob({ descriptor: child, isExternal: false });
    // An index may name an image several times, such as once for each of its platforms.
    const manifests = [...new Map(children.filter(isManifestType).map((child) => [child.digest, child])).values()];
    for (let at = 0; at < manifests.length; at += READS_AT_A_TIME) {
      const batch = manifests.slice(at, at + READS_AT_A_TIME);
      const found = await mapConcurrently(batch, READS_AT_A_TIME, (child) => this.#child(child, context));
      for (const planned of found) await this.#add(planned, { isPart: true, depth: depth + 1 }, context);
    }
  }

  async #child({ digest, mediaType }: Descriptor, context: CallContext): Promise<PlannedManifest> {
    if (this.manifests.has(digest)) return { digest, isPart: true, exists: true };
    const exists = await this.#target.hasManifest(digest, context);
    const isChecked = this.#target.isChecked === true;
    if (exists && !isChecked && !isIndexType(mediaType)) return { digest, isPart: true, exists };
    try {
      const holder = exists && isChecked ? this.#target : this.#source;
      const stored = await holder.manifest({ kind: 'digest', digest }, context);
      return { digest, stored, isPart: true, exists };
    } catch (cause) {
      context.signal?.throwIfAborted();
      throw new CopyError('manifest', `manifest ${digest} of the index cannot be read`, { digest, cause });
    }
  }

  #addBlobs({ references }: Manifest): void {
    for (const { descriptor, role } of references) this.#addBlob({ descriptor, isExternal: role === 'external' });
  }

  #addBlob(blob: PlannedBlob): void {
    const { digest } = blob.descriptor;
    if (!this.blobs.has(digest)) this.blobs.set(digest, blob);
  }
}
