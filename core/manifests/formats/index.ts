import { foldedNames, type JsonObject } from '../../model/descriptor.ts';
import type { ContentField, ManifestFormat } from '../manifest-format.ts';
import { dockerImage } from './docker-image.ts';
import { dockerList } from './docker-list.ts';
import { ociImage } from './oci-image.ts';
import { ociIndex } from './oci-index.ts';
import { schema1 } from './schema-1.ts';
import { signedSchema1 } from './schema-1-signed.ts';

/** The formats that the registry knows. To add one, add a file to this folder and name it here. */
const TABLE = [ociImage, ociIndex, dockerImage, dockerList, schema1, signedSchema1] as const;

const FORMATS: readonly ManifestFormat[] = TABLE;

/** The media type of a manifest that clients can push. */
export type ManifestMediaType = Extract<(typeof TABLE)[number], { readonly isPushable: true }>['mediaType'];

/** A format that clients can push. */
export type PushableFormat = ManifestFormat & { readonly mediaType: ManifestMediaType };

const PUSHABLE = FORMATS.filter((format): format is PushableFormat => format.isPushable);
const PUSHABLE_BY_TYPE: ReadonlyMap<string, PushableFormat> = new Map(PUSHABLE.map((each) => [each.mediaType, each]));

/** The media types of manifests that clients can push. */
export const MANIFEST_MEDIA_TYPES: readonly ManifestMediaType[] = PUSHABLE.map(({ mediaType }) => mediaType);

/** The fields in which any format names content, without duplicates. */
export const CONTENT_FIELDS: readonly ContentField[] = [
  ...new Map(FORMATS.flatMap(({ content }) => content).map((field) => [field.name, field])).values(),
];

/** The fields that are read from a pushed manifest. */
export const MANIFEST_FIELDS = foldedNames([
  ...['schemaVersion', 'mediaType', 'artifactType', 'subject', 'annotations'],
  ...CONTENT_FIELDS.map(({ name }) => name),
]);

/** The fields that are read from a stored manifest. */
export const STORED_FIELDS = new Map([...MANIFEST_FIELDS, ...foldedNames(FORMATS.flatMap(({ marks }) => marks ?? []))]);

/** The format of this media type; `undefined` when clients cannot push it. */
export function pushableFormat(mediaType: string): PushableFormat | undefined {
  return PUSHABLE_BY_TYPE.get(mediaType);
}

/** The format that a document without a media type most resembles; `undefined` when none has its schema version. */
export function likeliestFormat(document: JsonObject): ManifestFormat | undefined {
  let found: ManifestFormat | undefined;
  let highest = -1;
  for (const format of FORMATS) {
    if (format.schemaVersion !== document['schemaVersion']) continue;
    const likeness = format.likeness?.(document) ?? -1;
    if (likeness > highest) [found, highest] = [format, likeness];
  }
  return found;
}
