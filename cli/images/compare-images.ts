import type { Digest } from '../../core/digest/digest.ts';
import { type Descriptor, isJsonObject, type JsonObject } from '../../core/model/descriptor.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import { type ChangedSetting, changedSettings } from './changed-settings.ts';
import { readableManifest } from './readable-manifest.ts';

/** One of two images that are compared. */
export interface ComparedImage {
  readonly stored: StoredManifest;
  /** Absent for an artifact. */
  readonly config: JsonObject | undefined;
}

/** What differs between two images. */
export interface ImageDifference {
  readonly first: Digest;
  readonly second: Digest;
  /** What the manifests say in addition to their layers: types, annotations, the digest of the configuration. */
  readonly manifest: readonly ChangedSetting[];
  readonly config: readonly ChangedSetting[];
  readonly layers: {
    readonly shared: readonly Descriptor[];
    readonly onlyFirst: readonly Descriptor[];
    readonly onlySecond: readonly Descriptor[];
  };
}

/** These only restate what the layers are. */
const RESTATED: ReadonlySet<string> = new Set(['history', 'rootfs']);
const LAYERS: ReadonlySet<string> = new Set(['layers', 'fsLayers']);
const NOTHING: ReadonlySet<string> = new Set();

/**
 * Compares two images by their manifests and configurations.
 * @throws RegistryError `MANIFEST_INVALID` for a manifest that cannot be read
 */
export function compareImages(first: ComparedImage, second: ComparedImage): ImageDifference {
  const [ours, theirs] = [layersOf(first), layersOf(second)];
  const [known, wanted] = [digestsOf(ours), digestsOf(theirs)];
  const onlyFirst = ours.filter(({ digest }) => !wanted.has(digest));
  const onlySecond = theirs.filter(({ digest }) => !known.has(digest));
  const isSameSet = onlyFirst.length + onlySecond.length === 0;
  return {
    first: first.stored.digest,
    second: second.stored.digest,
    // Where both have the same layers, what is said of them can differ still: their order, types and annotations.
    manifest: changedSettings(documentOf(first.stored), documentOf(second.stored), {
      without: isSameSet ? NOTHING : LAYERS,
      // The digest says it already.
    }).filter(({ at }) => at !== 'config.size'),
    config: changedSettings(first.config ?? {}, second.config ?? {}, { without: RESTATED }),
    layers: { shared: ours.filter(({ digest }) => wanted.has(digest)), onlyFirst, onlySecond },
  };
}

/** The fields of a manifest; none for bytes that are no JSON object. */
export function documentOf({ bytes }: Pick<StoredManifest, 'bytes'>): JsonObject {
  try {
    const document: unknown = JSON.parse(bytes.toString());
    return isJsonObject(document) ? document : {};
  } catch {
    return {};
  }
}

/** The layers of an image, from the lowest one. */
export function layersOf({ stored }: ComparedImage): readonly Descriptor[] {
  return readableManifest(stored).blobs.slice(1);
}

function digestsOf(layers: readonly Descriptor[]): ReadonlySet<Digest> {
  return new Set(layers.map(({ digest }) => digest));
}
