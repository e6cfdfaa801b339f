import type { JsonObject } from '../model/descriptor.ts';

/** A field in which a manifest names other content. */
export interface ContentField {
  readonly name: string;
  /** One required descriptor; a list of descriptors; or a list of objects with the digest of a blob as `blobSum`. */
  readonly holds: 'descriptor' | 'descriptors' | 'sums';
  readonly role: 'blob' | 'child';
}

/** A format of manifests: one entry of the table in `formats/`. */
export interface ManifestFormat {
  readonly mediaType: string;
  /** The `schemaVersion` of a document in this format. */
  readonly schemaVersion: number;
  /** Whether clients may push it; another format is served only if it is already stored. */
  readonly isPushable: boolean;
  /** If a pushed document has a field listed only for another format, it is ambiguous and rejected. */
  readonly content: readonly ContentField[];
  /**
   * How much a document without a media type resembles this format. Among the formats of its schema version, the
   * highest number wins, and the first of the table in case of a tie. Absent if documents of this format must state
   * their media type.
   */
  readonly likeness?: (document: JsonObject) => number;
  /** Fields that `likeness` reads, other than those of `content`. */
  readonly marks?: readonly string[];
}
