import type { Digest } from '../../core/digest/digest.ts';
import { readStoredManifest } from '../../core/manifests/stored-manifest.ts';
import { type Descriptor, isJsonObject, type JsonObject } from '../../core/model/descriptor.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';

/** One of two images that are compared. */
export interface ComparedImage {
  readonly stored: StoredManifest;
  /** Absent for an artifact. */
  readonly config: JsonObject | undefined;
}

/** A setting of the configuration that differs. */
export interface ChangedSetting {
  /** Where it stands, such as `config.Env[2]`. */
  readonly at: string;
  /** As JSON; absent where it is missing. */
  readonly first?: string;
  readonly second?: string;
}

/** What differs between two images. */
export interface ImageDifference {
  readonly first: Digest;
  readonly second: Digest;
  readonly config: readonly ChangedSetting[];
  readonly layers: {
    readonly shared: readonly Descriptor[];
    readonly onlyFirst: readonly Descriptor[];
    readonly onlySecond: readonly Descriptor[];
  };
}

/** These only restate what the layers are. */
const RESTATED = new Set(['history', 'rootfs']);

/** Compares two images by their manifests and configurations. */
export function compareImages(first: ComparedImage, second: ComparedImage): ImageDifference {
  const [ours, theirs] = [layersOf(first), layersOf(second)];
  const [known, wanted] = [digestsOf(ours), digestsOf(theirs)];
  return {
    first: first.stored.digest,
    second: second.stored.digest,
    config: changedSettings(first.config, second.config),
    layers: {
      shared: ours.filter(({ digest }) => wanted.has(digest)),
      onlyFirst: ours.filter(({ digest }) => !wanted.has(digest)),
      onlySecond: theirs.filter(({ digest }) => !known.has(digest)),
    },
  };
}

function layersOf({ stored }: ComparedImage): readonly Descriptor[] {
  return readStoredManifest(stored.bytes).blobs.slice(1);
}

function digestsOf(layers: readonly Descriptor[]): ReadonlySet<Digest> {
  return new Set(layers.map(({ digest }) => digest));
}

function changedSettings(first: JsonObject = {}, second: JsonObject = {}): ChangedSetting[] {
  const [ours, theirs] = [settingsOf(first), settingsOf(second)];
  const places = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return places.flatMap((at) => {
    const [before, after] = [ours.get(at), theirs.get(at)];
    if (before === after) return [];
    return [{ at, ...(before !== undefined && { first: before }), ...(after !== undefined && { second: after }) }];
  });
}

/** The values of a document by their places. */
function settingsOf(document: JsonObject): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const collect = (value: unknown, at: string): void => {
    if (Array.isArray(value))
      for (const [index, each] of (value as unknown[]).entries()) collect(each, `${at}[${index}]`);
    else if (isJsonObject(value)) for (const [key, each] of Object.entries(value)) collect(each, `${at}.${key}`);
    else settings.set(at, JSON.stringify(value));
  };
  for (const [key, value] of Object.entries(document)) if (!RESTATED.has(key)) collect(value, key);
  return settings;
}
