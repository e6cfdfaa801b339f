import { randomBytes } from 'node:crypto';
import { type Content, contentOf, type Descriptor, describe } from './content.ts';

export const IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';
export const IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const IMAGE_LAYER = 'application/vnd.oci.image.layer.v1.tar';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const EMPTY = 'application/vnd.oci.empty.v1+json';

/** The Accept header of a client that supports all types of manifests. Some registries find nothing without it. */
export const ACCEPT = { accept: [IMAGE_MANIFEST, IMAGE_INDEX, DOCKER_MANIFEST, DOCKER_LIST].join(', ') };

/** The content of the type {@link EMPTY}. */
export const EMPTY_CONTENT: Content = contentOf(Buffer.from('{}'));

/** A manifest to push. */
export interface Manifest extends Content {
  readonly mediaType: string;
}

/** The content of an image manifest; everything has a default. */
export interface ImageContents {
  readonly mediaType?: string;
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subject?: Descriptor;
  readonly artifactType?: string;
  /** Additional fields, unknown to any specification. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** An image manifest; without a config it is an artifact with the empty one. Unique unless `annotations` are given. */
export function imageManifest({
  mediaType = IMAGE_MANIFEST,
  config = describe(EMPTY_CONTENT, EMPTY),
  layers = [],
  annotations = uniqueAnnotations(),
  subject,
  artifactType = config.mediaType === EMPTY ? 'application/vnd.stowage.verify' : undefined,
  more = {},
}: ImageContents = {}): Manifest {
  return manifestOf({
    ...{ schemaVersion: 2, mediaType, artifactType, config, layers, subject, annotations },
    ...more,
  });
}

/** The content of an index. */
export interface IndexContents {
  readonly mediaType?: string;
  readonly manifests?: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subject?: Descriptor;
  readonly artifactType?: string;
}

/** An index. Unique unless `annotations` are given. */
export function indexManifest({
  mediaType = IMAGE_INDEX,
  manifests = [],
  annotations = uniqueAnnotations(),
  subject,
  artifactType,
}: IndexContents = {}): Manifest {
  return manifestOf({ schemaVersion: 2, mediaType, artifactType, manifests, subject, annotations });
}

/** The descriptor of a manifest. */
export function describeManifest(manifest: Manifest): Descriptor {
  return describe(manifest, manifest.mediaType);
}

/** A unique config of an image for a platform. */
export function imageConfig(architecture = 'amd64'): Content {
  const rootfs = { type: 'layers', diff_ids: [] };
  const author = `stowage verify ${randomBytes(8).toString('hex')}`;
  return contentOf(Buffer.from(JSON.stringify({ architecture, os: 'linux', author, rootfs, config: {} })));
}

function manifestOf(manifest: { readonly mediaType: string; readonly [member: string]: unknown }): Manifest {
  // Indented, to detect a registry that rewrites JSON.
  return { ...contentOf(Buffer.from(JSON.stringify(manifest, null, 3))), mediaType: manifest.mediaType };
}

function uniqueAnnotations(): Readonly<Record<string, string>> {
  return { 'land.stowage.verify': randomBytes(8).toString('hex') };
}
