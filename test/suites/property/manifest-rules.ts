import { createHash } from 'node:crypto';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../core/model/media-types.ts';
import type { Json } from './manifest-documents.ts';

const KINDS = [
  OCI_IMAGE_MANIFEST,
  OCI_IMAGE_INDEX,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const MANIFEST_FIELDS =
  'schemaVersion mediaType artifactType config layers manifests fsLayers subject annotations'.split(' ');
const DESCRIPTOR_FIELDS = 'mediaType digest size urls artifactType annotations platform data'.split(' ');

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** For Go null is the same as an absent value. */
const isNone = (value: unknown): boolean => value === undefined || value === null;
const isText = (value: unknown): boolean => isNone(value) || typeof value === 'string';
const isTexts = (value: unknown): boolean => isNone(value) || (Array.isArray(value) && value.every(isText));
const isAnnotations = (value: unknown): boolean => isNone(value) || (isObject(value) && isTexts(Object.values(value)));
const isPlatform = (value: unknown): boolean =>
  isNone(value) ||
  (isObject(value) &&
    ['architecture', 'os', 'os.version', 'variant'].every((field) => isText(value[field])) &&
    ['os.features', 'features'].every((field) => isTexts(value[field])));
/** Names that Go would take for another field. */
const isMisspelt = (object: Json, fields: readonly string[]): boolean =>
  Object.keys(object).some((key) => fields.some((field) => key !== field && key.toLowerCase() === field.toLowerCase()));

/** The rule of image-spec that a descriptor breaks, written a second time; `undefined` if there is none. */
function descriptorFault(value: unknown): string | undefined {
  if (!isObject(value)) return 'no object';
  if (isMisspelt(value, DESCRIPTOR_FIELDS)) return 'a field in another case';
  const { mediaType, digest, size = 0, urls, artifactType, annotations, platform, data } = value;
  if (!isText(mediaType)) return 'mediaType';
  if (typeof digest !== 'string' || !/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest)) return 'digest';
  if (size !== null && !(Number.isSafeInteger(size) && (size as number) >= 0)) return 'size';
  if (!isTexts(urls)) return 'urls';
  if (!isText(artifactType)) return 'artifactType';
  if (!isAnnotations(annotations)) return 'annotations';
  if (!isPlatform(platform)) return 'platform';
  return isNone(data) || data === '' || isContent(data, digest, (size as number | null) ?? 0) ? undefined : 'data';
}

function isContent(data: unknown, digest: string, size: number): boolean {
  if (typeof data !== 'string') return false;
  const bytes = Buffer.from(data, 'base64');
  const [algorithm = ''] = digest.split(':');
  const isBase64 = bytes.toString('base64') === data;
  return (
    isBase64 &&
    bytes.byteLength === size &&
    digest === `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
  );
}

/** The rule of oci.md section 3 that a manifest breaks; `undefined` if there is none. */
export function manifestFault(document: unknown, contentType: string | undefined): string | undefined {
  if (!isObject(document)) return 'no object';
  if (isMisspelt(document, MANIFEST_FIELDS)) return 'a field in another case';
  const { schemaVersion, mediaType, artifactType, annotations, subject, config, layers, manifests } = document;
  if (schemaVersion !== 2) return 'schemaVersion';
  const given = contentType === '' || contentType === 'application/json' ? undefined : contentType;
  const declared = mediaType === '' || mediaType === null ? undefined : mediaType;
  const hasBlobs = !isNone(config) || !isNone(layers);
  const shape = !isNone(manifests) || (!hasBlobs && 'manifests' in document) ? OCI_IMAGE_INDEX : OCI_IMAGE_MANIFEST;
  const kind = given ?? declared ?? shape;
  if (typeof kind !== 'string' || !KINDS.includes(kind)) return 'an unknown kind';
  if (declared !== undefined && declared !== kind) return 'mediaType and Content-Type';
  if (declared === undefined && kind.includes('docker')) return 'no mediaType';
  if (declared === undefined && kind !== shape) return 'a kind that nothing in the document tells';
  const isIndex = kind === KINDS[1] || kind === KINDS[3];
  if (!isNone(document['fsLayers']) || (isIndex ? hasBlobs : !isNone(manifests))) return 'ambiguous';
  if (!isAnnotations(annotations)) return 'annotations';
  if (!isText(artifactType)) return 'artifactType';
  const isNoSubject = isNone(subject) || (isObject(subject) && (isNone(subject['digest']) || subject['digest'] === ''));
  if (!isNoSubject && descriptorFault(subject) !== undefined) return 'subject';
  const list = (isIndex ? manifests : layers) ?? [];
  if (!Array.isArray(list)) return 'no list';
  return [...(isIndex ? [] : [config]), ...(list as unknown[])]
    .map(descriptorFault)
    .find((fault) => fault !== undefined);
}
