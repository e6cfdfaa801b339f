import {
  checkFieldNames,
  foldedNames,
  isAbsent,
  isJsonObject,
  type JsonObject,
  manifestProblem,
} from '../model/descriptor.ts';
import { RegistryError } from '../model/errors.ts';
import {
  DOCKER_MANIFEST,
  DOCKER_MANIFEST_LIST,
  isManifestMediaType,
  MANIFEST_MEDIA_TYPES,
  type ManifestMediaType,
  OCI_IMAGE_INDEX,
  OCI_IMAGE_MANIFEST,
} from '../model/media-types.ts';
import { scanManifestText } from './manifest-text.ts';

/** The fields of a manifest that are read. */
export const MANIFEST_FIELDS = foldedNames([
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'fsLayers',
  'subject',
  'annotations',
]);

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The JSON document of a manifest that is pushed.
 * @throws RegistryError `MANIFEST_INVALID` when Go clients could not read it, or would read another one
 */
export function parseDocument(bytes: Uint8Array): JsonObject {
  const text = scanManifestText(bytes);
  let document: unknown;
  try {
    document = JSON.parse(UTF8.decode(text));
  } catch (error) {
    throw new RegistryError('MANIFEST_INVALID', { reason: `is not JSON: ${(error as Error).message}` });
  }
  if (!isJsonObject(document)) throw new RegistryError('MANIFEST_INVALID', { reason: 'must be a JSON object' });
  checkFieldNames(document, MANIFEST_FIELDS);
  if (document['schemaVersion'] !== 2) {
    const hint = document['schemaVersion'] === 1 ? '; Docker schema 1 is not supported, push schema 2 or OCI' : '';
    throw manifestProblem('schemaVersion', `must be 2, written as an integer${hint}`);
  }
  return document;
}

/** Infers from its fields which kind of manifest a document is that has no media type. */
export function shapeOf(document: JsonObject): typeof OCI_IMAGE_INDEX | typeof OCI_IMAGE_MANIFEST {
  const { config, layers, manifests } = document;
  if (!isAbsent(manifests)) return OCI_IMAGE_INDEX;
  if (!isAbsent(config) || !isAbsent(layers)) return OCI_IMAGE_MANIFEST;
  return 'manifests' in document ? OCI_IMAGE_INDEX : OCI_IMAGE_MANIFEST;
}

/**
 * Whether the document itself says of what media type it is, as all should.
 * @throws RegistryError `MANIFEST_INVALID` when it says so in something else than text
 */
export function isTyped({ mediaType }: JsonObject): boolean {
  if (isAbsent(mediaType)) return false;
  if (typeof mediaType !== 'string') throw manifestProblem('mediaType', 'must be a string');
  // Some clients send an empty media type for none.
  return mediaType !== '';
}

/**
 * The media type of a document that is pushed.
 * @param contentType what the client says it is, in any case; without it the document decides
 * @throws RegistryError `MANIFEST_INVALID` when both differ
 */
export function mediaTypeOf(document: JsonObject, contentType: string | undefined): ManifestMediaType {
  const declared = isTyped(document) ? (document['mediaType'] as string) : undefined;
  const sent = contentType?.toLowerCase();
  const given = sent === 'application/json' || sent === '' ? undefined : sent;
  const mediaType = given ?? declared ?? shapeOf(document);
  if (!isManifestMediaType(mediaType)) {
    throw new RegistryError('MANIFEST_INVALID', {
      mediaType: mediaType.slice(0, 256),
      reason: `the media type must be one of ${MANIFEST_MEDIA_TYPES.join(', ')}`,
    });
  }
  const isDocker = mediaType === DOCKER_MANIFEST || mediaType === DOCKER_MANIFEST_LIST;
  if (declared !== mediaType && (isDocker || declared !== undefined)) {
    throw manifestProblem('mediaType', `must be ${mediaType}, as Content-Type says`);
  }
  return mediaType;
}

/**
 * Refuses a document that could be read as two kinds of manifest (CVE-2021-41190), or would be served as another kind
 * because nothing in it says which it is.
 * @throws RegistryError `MANIFEST_INVALID`
 */
export function checkShape(document: JsonObject, mediaType: ManifestMediaType): void {
  const foreign = isIndex(mediaType) ? ['config', 'layers', 'fsLayers'] : ['manifests', 'fsLayers'];
  for (const field of foreign) {
    if (!isAbsent(document[field])) throw manifestProblem(field, `has no place in a ${mediaType}`);
  }
  if (!isTyped(document) && shapeOf(document) !== mediaType) {
    throw manifestProblem('mediaType', `must be ${mediaType}, because nothing else in the document says so`);
  }
}

/** Whether manifests of this type list other manifests. */
export function isIndex(mediaType: string): boolean {
  return mediaType === OCI_IMAGE_INDEX || mediaType === DOCKER_MANIFEST_LIST;
}
