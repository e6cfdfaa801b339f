import type { JsonObject } from '../model/descriptor.ts';

/** A field in which a manifest names other content. */
export interface ContentField {
  readonly name: string;
  /** One descriptor, which must be there; a list of them; or something that is never read. */
  readonly holds: 'descriptor' | 'descriptors' | 'unread';
  readonly role: 'blob' | 'child';
}

/** A format of manifests: one entry of the table in `formats/`. */
export interface ManifestFormat {
  readonly mediaType: string;
  /** What a document of this format has as `schemaVersion`. */
  readonly schemaVersion: number;
  /** Whether clients may push it; another format is only served where it is stored. */
  readonly isPushable: boolean;
  /** A field that stands here for another format only makes a pushed document ambiguous, and is refused. */
  readonly content: readonly ContentField[];
  /**
   * How much a document without a media type looks like this format. Of the formats of its schema version the one with the
   * highest number counts, and the first of the table where several have it. Absent where documents must name their media type.
   */
  readonly likeness?: (document: JsonObject) => number;
  /** Fields that `likeness` reads, other than those of `content`. */
  readonly marks?: readonly string[];
}
