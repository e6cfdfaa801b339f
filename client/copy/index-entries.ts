import { type Digest, digestOf } from '../../core/digest/digest.ts';
import type { Manifest } from '../../core/manifests/manifest.ts';
import type { JsonObject } from '../../core/model/descriptor.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';

/** An entry of an index, unchanged. */
export interface IndexEntry {
  readonly entry: JsonObject;
  readonly digest: Digest;
}

/** The entries of an index that was parsed as a manifest. */
export function indexEntries(stored: StoredManifest, { references }: Manifest): readonly IndexEntry[] {
  return documentOf(stored).manifests.map((entry, at) => ({
    entry,
    digest: references[at]?.descriptor.digest as Digest,
  }));
}

/** The same index with only these entries; it has another digest. */
export function withEntries(stored: StoredManifest, entries: readonly IndexEntry[]): StoredManifest {
  const document = { ...documentOf(stored), manifests: entries.map(({ entry }) => entry) };
  const bytes = Buffer.from(JSON.stringify(document));
  return { digest: digestOf(bytes), mediaType: stored.mediaType, bytes };
}

function documentOf({ bytes }: StoredManifest) {
  return JSON.parse(bytes.toString()) as { readonly manifests: readonly JsonObject[] };
}
