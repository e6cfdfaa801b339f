import type { ObjectStore } from '../../client/stores/object-store.ts';
import { mapConcurrently } from '../../core/async/concurrency.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { isJsonObject, type JsonObject } from '../../core/model/descriptor.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import { type ChangedSetting, changedSettings } from './changed-settings.ts';
import { compareImages, documentOf } from './compare-images.ts';
import { type IndexEntry, indexEntries } from './index-entries.ts';
import { readableManifest } from './readable-manifest.ts';

/** One of two indexes that are compared. */
export interface ComparedIndex {
  readonly store: ObjectStore;
  readonly stored: StoredManifest;
}

/** An image of one index only. */
export interface PlatformOfOne {
  readonly platform: string;
  readonly digest: Digest;
}

/** A platform for which two indexes name different manifests. */
export interface ChangedPlatform {
  readonly platform: string;
  readonly first: Digest;
  readonly second: Digest;
  /** Layers by number, and bytes of all layers; absent where one of the manifests is not there. */
  readonly layers?: {
    readonly shared: number;
    readonly onlyFirst: number;
    readonly onlySecond: number;
    readonly firstSize: number;
    readonly secondSize: number;
  };
}

/** What differs between two indexes. */
export interface IndexDifference {
  readonly first: Digest;
  readonly second: Digest;
  /** What the indexes say in addition to their entries, and, where these name the same manifests, of their entries. */
  readonly manifest: readonly ChangedSetting[];
  readonly platforms: {
    readonly same: readonly PlatformOfOne[];
    readonly onlyFirst: readonly PlatformOfOne[];
    readonly onlySecond: readonly PlatformOfOne[];
    readonly changed: readonly ChangedPlatform[];
  };
}

const READS_AT_A_TIME = 4;
/** More than any index has. The manifests of further ones are not read. */
const MAX_READS = 100;
const NOTHING: ReadonlySet<string> = new Set();
const ENTRIES: ReadonlySet<string> = new Set(['manifests']);
/** BuildKit names with it the image that an attestation is about. */
const ABOUT = 'vnd.docker.reference.digest';

/** Compares two indexes platform by platform. Several entries for one platform are matched in their order. */
export async function compareIndexes(
  first: ComparedIndex,
  second: ComparedIndex,
  context: CallContext,
): Promise<IndexDifference> {
  for (const { stored } of [first, second]) readableManifest(stored);
  const [ours, theirs] = [platformsOf(first.stored), platformsOf(second.stored)];
  const both = [...ours].flatMap(([platform, digest]) => {
    const other = theirs.get(platform);
    return other === undefined ? [] : [{ platform, first: digest, second: other }];
  });
  const changed = both.filter((each) => each.first !== each.second);
  const [onlyFirst, onlySecond] = [without(ours, theirs), without(theirs, ours)];
  const isSameSet = changed.length + onlyFirst.length + onlySecond.length === 0;
  return {
    first: first.stored.digest,
    second: second.stored.digest,
    manifest: changedSettings(documentOf(first.stored), documentOf(second.stored), {
      without: isSameSet ? NOTHING : ENTRIES,
    }),
    platforms: {
      same: both
        .filter((each) => each.first === each.second)
        .map((each) => ({ platform: each.platform, digest: each.first })),
      onlyFirst,
      onlySecond,
      changed: [
        ...(await mapConcurrently(changed.slice(0, MAX_READS), READS_AT_A_TIME, async (each) => ({
          ...each,
          ...(await layersOf([first.store, each.first], [second.store, each.second], context)),
        }))),
        ...changed.slice(MAX_READS),
      ],
    },
  };
}

/** The digests of an index by the names of their platforms. Each name occurs once. */
function platformsOf({ bytes }: StoredManifest): ReadonlyMap<string, Digest> {
  const entries = indexEntries(bytes);
  const names = new Map(entries.map(({ digest, platform }) => [digest as string, platform]));
  const found = new Map<string, Digest>();
  for (const entry of entries) {
    const name = nameOf(entry, names);
    let unique = name;
    for (let count = 2; found.has(unique); count += 1) unique = `${name} (${count})`;
    found.set(unique, entry.digest);
  }
  return found;
}

function nameOf({ platform, raw }: IndexEntry, names: ReadonlyMap<string, string | undefined>): string {
  const about = annotationOf(raw, ABOUT);
  const image = about === undefined ? undefined : names.get(about);
  if (image !== undefined) return `attestation of ${image}`;
  const version = isJsonObject(raw?.['platform']) ? raw['platform']['os.version'] : undefined;
  const name = platform ?? 'no platform';
  return typeof version === 'string' ? `${name}:${version}` : name;
}

function annotationOf(entry: JsonObject | undefined, key: string): string | undefined {
  const annotations = entry?.['annotations'];
  const value = isJsonObject(annotations) ? annotations[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function without(these: ReadonlyMap<string, Digest>, those: ReadonlyMap<string, Digest>): PlatformOfOne[] {
  return [...these].flatMap(([platform, digest]) => (those.has(platform) ? [] : [{ platform, digest }]));
}

async function layersOf(
  first: readonly [ObjectStore, Digest],
  second: readonly [ObjectStore, Digest],
  context: CallContext,
): Promise<Pick<ChangedPlatform, 'layers'>> {
  const [one, other] = [await manifestIn(first, context), await manifestIn(second, context)];
  if (one === undefined || other === undefined) return {};
  const { layers } = compareImages({ stored: one, config: undefined }, { stored: other, config: undefined });
  return {
    layers: {
      shared: layers.shared.length,
      onlyFirst: layers.onlyFirst.length,
      onlySecond: layers.onlySecond.length,
      firstSize: sizeOf(one),
      secondSize: sizeOf(other),
    },
  };
}

/** An index may list images that were not copied with it. */
async function manifestIn(
  [store, digest]: readonly [ObjectStore, Digest],
  context: CallContext,
): Promise<StoredManifest | undefined> {
  if (!(await store.hasManifest(digest, context))) return undefined;
  return await store.manifest({ kind: 'digest', digest }, context);
}

function sizeOf(stored: StoredManifest): number {
  return readableManifest(stored)
    .blobs.slice(1)
    .reduce((sum, { size }) => sum + size, 0);
}
