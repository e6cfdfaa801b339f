/** Media types that decide how a manifest is read (image-spec, "Media Types"; distribution, schema 2). */
export const OCI_IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
/** Docker's first schema: the type that is stored, and below it the signed type that is sent. */
export const SCHEMA_1_MANIFEST = 'application/vnd.docker.distribution.manifest.v1+json';
export const SCHEMA_1_SIGNED_MANIFEST = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
export const OCTET_STREAM = 'application/octet-stream';

const NON_DISTRIBUTABLE = [
  /^application\/vnd\.oci\.image\.layer\.nondistributable\.v1\.tar(?:\+[a-z]+)?$/,
  /^application\/vnd\.docker\.image\.rootfs\.foreign\.diff\.tar(?:\.[a-z]+)?$/,
];

/** Whether layers of this type are fetched from elsewhere and never pushed. */
export function isNonDistributable(mediaType: string): boolean {
  return NON_DISTRIBUTABLE.some((pattern) => pattern.test(mediaType));
}

// image-spec, "Descriptors": RFC 6838 names, at most 127 characters each.
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

/** Whether `text` has the form of a media type without parameters. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}

/** Whether manifests of this type refer to other manifests. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === OCI_IMAGE_INDEX || mediaType === DOCKER_MANIFEST_LIST;
}
