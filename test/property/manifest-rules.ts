import { createHash } from 'node:crypto';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../core/media-types.ts';
import type { Json } from './manifest-documents.ts';

const TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
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
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((each) => typeof each === 'string');
const isAnnotations = (value: unknown): boolean => isObject(value) && isTexts(Object.values(value));
const isType = (value: unknown): boolean => typeof value === 'string' && TYPE.test(value);
/** What Go would take for a field of another name. */
const isMisspelt = (object: Json, fields: readonly string[]): boolean =>
  Object.keys(object).some((key) => fields.some((field) => key !== field && key.toLowerCase() === field.toLowerCase()));

/** What image-spec forbids in a descriptor, written down once more; `undefined` when there is nothing. */
function descriptorFault(value: unknown): string | undefined {
  if (!isObject(value)) return 'no object';
  if (isMisspelt(value, DESCRIPTOR_FIELDS)) return 'a field in another case';
  const { mediaType, digest, size, urls, artifactType, annotations, platform, data } = value;
  if (!isType(mediaType)) return 'mediaType';
  if (typeof digest !== 'string' || !/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest)) return 'digest';
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return 'size';
  if (urls !== undefined && !isTexts(urls)) return 'urls';
  if (artifactType !== undefined && !isType(artifactType)) return 'artifactType';
  if (annotations !== undefined && !isAnnotations(annotations)) return 'annotations';
  if (platform !== undefined && !(isObject(platform) && isTexts([platform['architecture'], platform['os']]))) {
    return 'platform';
  }
  return data === undefined || isContent(data, digest, size) ? undefined : 'data';
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

/** What oci.md section 3 forbids in a manifest; `undefined` when there is nothing. */
export function manifestFault(document: unknown, contentType: string | undefined): string | undefined {
  if (!isObject(document)) return 'no object';
  if (isMisspelt(document, MANIFEST_FIELDS)) return 'a field in another case';
  const { schemaVersion, mediaType, artifactType, annotations, subject, config, layers, manifests } = document;
  if (schemaVersion !== 2) return 'schemaVersion';
  const given = contentType === '' || contentType === 'application/json' ? undefined : contentType;
  const declared = mediaType === '' ? undefined : mediaType;
  const kind = given ?? declared ?? ('manifests' in document ? OCI_IMAGE_INDEX : OCI_IMAGE_MANIFEST);
  if (typeof kind !== 'string' || !KINDS.includes(kind)) return 'an unknown kind';
  if (declared !== undefined && declared !== kind) return 'mediaType and Content-Type';
  if (declared === undefined && kind.includes('docker')) return 'no mediaType';
  const has = (field: string) => Object.hasOwn(document, field);
  if (has('fsLayers') || (has('manifests') && (has('config') || has('layers')))) return 'ambiguous';
  if (annotations !== undefined && !isAnnotations(annotations)) return 'annotations';
  // An empty one is none (distribution-spec, "Listing Referrers").
  if (artifactType !== undefined && artifactType !== '' && !isType(artifactType)) return 'artifactType';
  if (subject !== undefined && descriptorFault(subject) !== undefined) return 'subject';
  const isIndex = kind === KINDS[1] || kind === KINDS[3];
  const list = isIndex ? manifests : layers;
  if (!Array.isArray(list)) return 'no list';
  return [...(isIndex ? [] : [config]), ...(list as unknown[])]
    .map(descriptorFault)
    .find((fault) => fault !== undefined);
}
