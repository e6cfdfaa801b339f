import { platformText } from '../../client/copy/platform-text.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { readStoredManifest } from '../../core/manifests/stored-manifest.ts';
import { isJsonObject, type JsonObject } from '../../core/model/descriptor.ts';

/** An entry of an index. */
export interface IndexEntry {
  readonly digest: Digest;
  /** What it runs on, as the index says: `linux/arm/v7`; `unknown/unknown` for attestations of BuildKit. */
  readonly platform: string | undefined;
  /** As the index writes it; absent where it is unreadable. */
  readonly raw: JsonObject | undefined;
}

/** The entries of an index in their order. Never throws; an entry without a digest is left out. */
export function indexEntries(bytes: Buffer): readonly IndexEntry[] {
  const { children } = readStoredManifest(bytes);
  if (children.length === 0) return [];
  const document: unknown = JSON.parse(bytes.toString());
  const list = isJsonObject(document) && Array.isArray(document['manifests']) ? document['manifests'] : [];
  const raw = new Map(list.filter(isJsonObject).map((entry) => [entry['digest'], entry]));
  return children.map(({ digest }) => ({
    digest,
    platform: platformText(raw.get(digest)?.['platform']),
    raw: raw.get(digest),
  }));
}
