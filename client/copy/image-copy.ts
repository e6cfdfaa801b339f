import { mapConcurrently } from '../../core/async/concurrency.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { isIndexType } from '../../core/model/media-types.ts';
import { formatReference, type Tag } from '../../core/model/reference.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import type { IncomingManifest, ObjectStore } from '../stores/object-store.ts';
import { addReferrers } from './add-referrers.ts';
import type { BlobTransfer } from './blob-transfer.ts';
import { type ChosenImage, choosePlatforms } from './choose-platforms.ts';
import { CopyError } from './copy-error.ts';
import type { CopyEvent } from './copy-event.ts';
import type { CopiedImage, CopyOptions } from './copy-options.ts';
import { ImagePlan, type PlannedBlob, type PlannedManifest } from './image-plan.ts';
import { inWindow, TransfersError } from './in-window.ts';
import { hasReferrersTag, presentReferrers } from './referrers-tag.ts';
import { nameOf, type SelectedImage } from './selection.ts';
import { isSparse, sparseIndexError } from './sparse-index.ts';

/** The dependencies of copies of images. */
export interface ImageCopyDependencies {
  readonly source: ObjectStore;
  readonly target: ObjectStore;
  readonly emit: (event: CopyEvent) => void;
  readonly transfer: BlobTransfer;
  /** Blobs that earlier images of the same copy have put into the target. */
  readonly inTarget: Set<Digest>;
}

/** The names of an image in the target. */
type Named = Required<Pick<IncomingManifest, 'tags' | 'names'>>;

const OWN_DIGEST = 'the target computes its own for a tag';
const UNNAMED: Named = { tags: [], names: [] };

/** Copies single images: first all blobs, then the manifests that others name, then the image itself with its tag. */
export class ImageCopy {
  readonly #dependencies: ImageCopyDependencies;
  readonly #options: CopyOptions & { readonly window: number };
  /** The error with which the target rejected an index without all of its images. */
  #sparseRefusal: CopyError | undefined;

  constructor(dependencies: ImageCopyDependencies, options: CopyOptions & { readonly window: number }) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  /** @throws CopyError; no manifest of the image was then written, unless writing manifests failed */
  async run(image: SelectedImage): Promise<CopiedImage> {
    const { source, target, emit } = this.#dependencies;
    const { signal, referrers = false } = this.#options;
    const found = await this.#readRoot(image);
    const chosen = await this.#choose(image, found);
    const { root, wanted, reason = '' } = chosen;
    const { digest, mediaType } = root;
    const name = nameOf(image) ?? digest;
    const named = { tags: tagsOf(image, digest), names: image.name === undefined ? [] : [image.name] };
    emit({ type: 'image-begun', name, digest, mediaType });
    if (digest !== found.digest) emit({ type: 'digest-changed', from: found.digest, to: digest, reason });
    await this.#prepare(root);
    const mayBeRefused = await isSparse(chosen, target, { signal });
    if (mayBeRefused) this.#announceSparse(chosen);
    const plan = new ImagePlan(source, target);
    await plan.add(root, { isPart: false, wanted }, { signal });
    if (referrers) await addReferrers(plan, { source, emit }, { signal });
    await this.#copyBlobs(plan);
    let stored: Digest;
    try {
      stored = await this.#putManifests(plan, root.digest, named);
    } catch (error) {
      throw mayBeRefused ? this.#refusalOf(error, chosen) : error;
    }
    if (stored !== digest) emit({ type: 'digest-changed', from: digest, to: stored, reason: OWN_DIGEST });
    emit({ type: 'image-done', name, digest: stored });
    return { name, digest: stored, ...(stored === found.digest ? {} : { sourceDigest: found.digest }) };
  }

  #choose({ from }: SelectedImage, found: StoredManifest): Promise<ChosenImage> {
    const { source } = this.#dependencies;
    const { signal } = this.#options;
    return hasReferrersTag(from)
      ? presentReferrers(source, found, { signal })
      : choosePlatforms(source, found, this.#options, { signal });
  }

  async #prepare({ digest, mediaType, bytes }: StoredManifest): Promise<void> {
    const { target } = this.#dependencies;
    try {
      await target.prepare?.({ mediaType, bytes });
    } catch (cause) {
      throw new CopyError('manifest', `manifest ${digest} cannot be stored in ${target.label}`, { digest, cause });
    }
  }

  /** @throws CopyError `sparse` when the target rejected another such index, before anything is moved for this one */
  #announceSparse({ root: { digest } }: ChosenImage): void {
    const { emit } = this.#dependencies;
    emit({ type: 'index-sparse', digest });
    if (this.#sparseRefusal === undefined) return;
    const { cause } = this.#sparseRefusal;
    throw new CopyError('sparse', `the index ${digest} is not copied, because the target rejected an earlier one`, {
      digest,
      cause,
    });
  }

  #refusalOf(error: unknown, chosen: ChosenImage): unknown {
    const refusal = sparseIndexError(error, chosen, this.#dependencies.target);
    if (CopyError.is(refusal, 'sparse')) this.#sparseRefusal = refusal;
    return refusal;
  }

  async #readRoot({ from }: SelectedImage): Promise<StoredManifest> {
    const { source } = this.#dependencies;
    const { signal } = this.#options;
    try {
      return await source.manifest(from, { signal });
    } catch (cause) {
      signal?.throwIfAborted();
      const name = from === undefined ? 'the image' : formatReference(from);
      throw new CopyError('manifest', `${name} of ${source.label} cannot be read`, { cause });
    }
  }

  async #copyBlobs(plan: ImagePlan): Promise<void> {
    const { transfer, inTarget, emit, target } = this.#dependencies;
    const blobs = [...plan.blobs.values()].filter(({ descriptor }) => !inTarget.has(descriptor.digest));
    for (const { descriptor } of blobs) emit({ type: 'blob-queued', blob: descriptor });
    try {
      await inWindow(blobs, this.#options, async (blob, signal) => {
        await transfer.run(blob, signal);
        inTarget.add(blob.descriptor.digest);
      });
    } catch (error) {
      if (!(error instanceof TransfersError)) throw error;
      const { digest } = (error.item as PlannedBlob).descriptor;
      throw new CopyError('blob', `blob ${digest} cannot be copied to ${target.label}`, {
        digest,
        cause: error.cause,
        others: error.others,
      });
    }
  }

  /**
   * Manifests that name no others are stored concurrently.
   * @returns the digest of the root in the target
   */
  async #putManifests(plan: ImagePlan, root: Digest, named: Named): Promise<Digest> {
    const { window } = this.#options;
    const others = [...plan.manifests.values()].filter(({ digest }) => digest !== root);
    const isIndex = ({ stored }: PlannedManifest): boolean => stored !== undefined && isIndexType(stored.mediaType);
    await mapConcurrently(
      others.filter((each) => !isIndex(each)),
      window,
      (each) => this.#put(each),
    );
    for (const index of others.filter(isIndex)) await this.#put(index);
    return await this.#put(plan.manifests.get(root) as PlannedManifest, named);
  }

  async #put({ digest, stored, exists, isPart }: PlannedManifest, named: Named = UNNAMED): Promise<Digest> {
    const { target, emit } = this.#dependencies;
    const { tags } = named;
    const { signal, dryRun = false } = this.#options;
    const mayBeUnlisted = target.listsImages === true && !isPart;
    let own: Digest | void = undefined;
    try {
      const isPut =
        stored !== undefined && !dryRun && (!exists || mayBeUnlisted || !(await this.#isTagged(digest, tags)));
      if (isPut) own = await target.putManifest({ ...stored, ...named, isPart }, { signal });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new CopyError('manifest', `manifest ${digest} cannot be stored in ${target.label}`, { digest, cause });
    }
    emit({ type: 'manifest-done', digest, tags, how: exists ? 'exists' : dryRun ? 'planned' : 'copied' });
    return own ?? digest;
  }

  /** Avoids setting a tag again: registries may refuse it, or report each time as an event. */
  async #isTagged(digest: Digest, tags: readonly Tag[]): Promise<boolean> {
    const { target } = this.#dependencies;
    const { signal } = this.#options;
    for (const tag of tags) if ((await target.tagDigest?.(tag, { signal })) !== digest) return false;
    return true;
  }
}

/** @throws CopyError `selection` when another digest was requested for the image in the target */
function tagsOf({ from, to = from }: SelectedImage, digest: Digest): readonly Tag[] {
  if (to?.kind === 'tag') return [to.tag];
  if (to === undefined || to === from || to.digest === digest) return [];
  throw new CopyError('selection', `the image is ${digest} and cannot be stored as ${to.digest}`, { digest });
}
