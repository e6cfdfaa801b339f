import { checkFieldNames, isAbsent, isJsonObject, type JsonObject, manifestProblem } from '../model/descriptor.ts';
import { RegistryError } from '../model/errors.ts';
import {
  CONTENT_FIELDS,
  likeliestFormat,
  MANIFEST_FIELDS,
  MANIFEST_MEDIA_TYPES,
  type PushableFormat,
  pushableFormat,
} from './formats/index.ts';
import { scanManifestText } from './manifest-text.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Parses the JSON object of a pushed manifest.
 * @throws RegistryError `MANIFEST_INVALID` when Go clients could not read it
 */
export function parseObject(bytes: Uint8Array): JsonObject {
  const text = scanManifestText(bytes);
  let document: unknown;
  try {
    document = JSON.parse(UTF8.decode(text));
  } catch (error) {
    throw new RegistryError('MANIFEST_INVALID', { reason: `is not JSON: ${(error as Error).message}` });
  }
  if (!isJsonObject(document)) throw new RegistryError('MANIFEST_INVALID', { reason: 'must be a JSON object' });
  return document;
}

/**
 * Parses the document of a schema 2 or OCI manifest.
 * @throws RegistryError `MANIFEST_INVALID` when Go clients could not read it, or would read a different one
 */
export function parseDocument(bytes: Uint8Array): JsonObject {
  const document = parseObject(bytes);
  checkFieldNames(document, MANIFEST_FIELDS);
  if (document['schemaVersion'] !== 2) {
    const hint =
      document['schemaVersion'] === 1
        ? '; schema 1 is accepted only if compatibility.schema1.enabled is true; push schema 2 or OCI'
        : '';
    throw manifestProblem('schemaVersion', `must be 2, written as an integer${hint}`);
  }
  return document;
}

/**
 * Whether the document states its media type, as every document should.
 * @throws RegistryError `MANIFEST_INVALID` when the media type is not a string
 */
export function isTyped({ mediaType }: JsonObject): boolean {
  if (isAbsent(mediaType)) return false;
  if (typeof mediaType !== 'string') throw manifestProblem('mediaType', 'must be a string');
  // Some clients send an empty media type instead of leaving it out.
  return mediaType !== '';
}

/**
 * The format of a pushed document.
 * @param contentType the media type that the client states, in any case; without it the document decides
 * @throws RegistryError `MANIFEST_INVALID` when the two differ
 */
export function formatOf(document: JsonObject, contentType: string | undefined): PushableFormat {
  const declared = isTyped(document) ? (document['mediaType'] as string) : undefined;
  const sent = contentType?.toLowerCase();
  const given = sent === 'application/json' || sent === '' ? undefined : sent;
  const mediaType = given ?? declared ?? likeliestFormat(document)?.mediaType ?? '';
  const format = pushableFormat(mediaType);
  if (format === undefined) {
    throw new RegistryError('MANIFEST_INVALID', {
      mediaType: mediaType.slice(0, 256),
      reason: `the media type must be one of ${MANIFEST_MEDIA_TYPES.join(', ')}`,
    });
  }
  const mustBeTyped = format.likeness === undefined;
  if (declared !== mediaType && (mustBeTyped || declared !== undefined)) {
    throw manifestProblem('mediaType', `must be ${mediaType}, as Content-Type says`);
  }
  return format;
}

/**
 * Rejects a document that could be read as two kinds of manifest (CVE-2021-41190), or that would be served as another
 * kind because nothing in it says which it is.
 * @throws RegistryError `MANIFEST_INVALID`
 */
export function checkShape(document: JsonObject, { mediaType, content }: PushableFormat): void {
  for (const { name } of CONTENT_FIELDS) {
    if (isAbsent(document[name]) || content.some((own) => own.name === name)) continue;
    throw manifestProblem(name, `is not a field of a ${mediaType}`);
  }
  if (!isTyped(document) && likeliestFormat(document)?.mediaType !== mediaType) {
    throw manifestProblem('mediaType', `must be ${mediaType}, because nothing else in the document says so`);
  }
}
