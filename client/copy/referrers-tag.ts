import { mapConcurrently } from '../../core/async/concurrency.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { readStoredManifest } from '../../core/manifests/stored-manifest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import { isIndexType, OCI_IMAGE_INDEX } from '../../core/model/media-types.ts';
import type { Reference, Tag } from '../../core/model/reference.ts';
import { isReferrersTag } from '../../core/model/referrers-tag.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import type { ObjectStore } from '../stores/object-store.ts';
import type { ChosenImage } from './choose-platforms.ts';
import { MAX_MANIFESTS } from './image-plan.ts';
import { indexEntries, withEntries } from './index-entries.ts';
import { isManifestType, readManifest } from './read-manifest.ts';

const READS_AT_A_TIME = 8;

/** Whether an image is selected by a tag under which there are only its referrers. Such content has no platform. */
export function hasReferrersTag(reference: Reference | undefined): boolean {
  return reference?.kind === 'tag' && isReferrersTag(reference.tag);
}

/**
 * Filters out tags that name only a list of referrers. Such a list belongs to its repository, where clients that push a
 * referrer maintain it (distribution-spec, "Referrers Tag Schema"); a copy would overwrite the list of the target. A
 * tag of this form that names something else, such as an image or an index of platforms, stays.
 */
export async function withoutReferrersLists(
  source: ObjectStore,
  tags: readonly Tag[],
  context: CallContext,
): Promise<readonly Tag[]> {
  const isList = await mapConcurrently(tags, READS_AT_A_TIME, async (tag) => {
    if (!/^sha(?:256|384|512)-[0-9a-f]{64}$/.test(tag)) return false;
    const { bytes } = await source.manifest({ kind: 'tag', tag }, context);
    const { mediaType, children } = readStoredManifest(bytes);
    return mediaType === OCI_IMAGE_INDEX && children.every(({ platform }) => platform === undefined);
  });
  return tags.filter((_, at) => isList[at] === false);
}

/**
 * The part of a manifest under such a tag that is copied: everything except for entries of an index that the source no
 * longer has, because such indexes outlive their entries.
 */
export async function presentReferrers(
  source: ObjectStore,
  stored: StoredManifest,
  context: CallContext,
): Promise<ChosenImage> {
  if (!isIndexType(stored.mediaType)) return { root: stored };
  const manifest = readManifest(stored);
  const entries = indexEntries(stored, manifest);
  const named = new Map(manifest.references.map(({ descriptor }) => [descriptor.digest, descriptor]));
  // The plan rejects it.
  if (named.size > MAX_MANIFESTS) return { root: stored };
  const missing = new Set<Digest>();
  await mapConcurrently([...named.values()], READS_AT_A_TIME, async (entry) => {
    if (!(await isThere(source, entry, context))) missing.add(entry.digest);
  });
  if (missing.size === 0) return { root: stored };
  const present = entries.filter(({ digest }) => !missing.has(digest));
  return { root: withEntries(stored, present), reason: 'the source lacks its other entries' };
}

async function isThere(source: ObjectStore, entry: Descriptor, context: CallContext): Promise<boolean> {
  if (isManifestType(entry)) return await source.hasManifest(entry.digest, context);
  return (await source.blobSize(entry.digest, context)) !== undefined;
}
