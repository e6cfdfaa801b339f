import {
  blobOf,
  descriptorOf,
  imageOf,
  manifestOf,
  type NamedBlob,
  type NamedManifest,
  OCI_MANIFEST,
} from './load/artifact.ts';

const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
const MIB = 1024 * 1024;
/** The size of the small layers of an image. */
const LAYER_BYTES = 64 * 1024;

/** The amount of content in a registry, and the duration of loads. */
export interface Scale {
  readonly smallBytes: number;
  readonly largeBytes: number;
  readonly pushBytes: number;
  readonly chunkBytes: number;
  readonly smallPushes: number;
  /** Images that one client pushes in a run; several clients push three times as many together. */
  readonly images: number;
  readonly layerBytes: number;
  readonly largeLayerBytes: number;
  /** The number of tags that are set in a run. */
  readonly newTags: number;
  /** How many tags the repositories of tags have: `bench/tags-few` and so on. */
  readonly tags: Readonly<Record<'few' | 'some' | 'many', number>>;
  readonly repositories: number;
  readonly referrers: number;
  /** The duration of each timed load. */
  readonly seconds: number;
  /** Slow downloads at a time, and their duration. */
  readonly slow: { readonly connections: number; readonly seconds: number };
  /** How often each registry is started. */
  readonly starts: number;
  /** The number of pushes to the remote storage. */
  readonly farPushes: number;
}

export const FULL: Scale = {
  smallBytes: 4096,
  largeBytes: 64 * MIB,
  pushBytes: 512 * MIB,
  chunkBytes: 16 * MIB,
  smallPushes: 200,
  images: 50,
  layerBytes: LAYER_BYTES,
  largeLayerBytes: MIB,
  newTags: 500,
  tags: { few: 1_000, some: 2_000, many: 100_000 },
  repositories: 5_000,
  referrers: 500,
  seconds: 3,
  slow: { connections: 500, seconds: 15 },
  starts: 5,
  farPushes: 20,
};

export const QUICK: Scale = {
  smallBytes: 4096,
  largeBytes: MIB,
  pushBytes: 4 * MIB,
  chunkBytes: MIB,
  smallPushes: 16,
  images: 3,
  layerBytes: LAYER_BYTES,
  largeLayerBytes: MIB,
  newTags: 10,
  tags: { few: 20, some: 40, many: 400 },
  repositories: 20,
  referrers: 20,
  seconds: 1,
  slow: { connections: 10, seconds: 1 },
  starts: 1,
  farPushes: 2,
};

/** The content of every registry, with the same bytes in each. */
export interface Content {
  readonly scale: Scale;
  readonly empty: NamedBlob;
  readonly small: NamedBlob;
  readonly large: NamedBlob;
  /** An image with all blobs. */
  readonly manifest: NamedManifest;
  /** An image without the large blob. */
  readonly smallImage: NamedManifest;
  /** Manifests whose subject is `manifest`. */
  readonly referrers: readonly NamedManifest[];
}

export function createContent(scale: Scale): Content {
  const empty = blobOf('empty', 2);
  const small = blobOf('small', scale.smallBytes);
  const large = blobOf('large', scale.largeBytes);
  const config = descriptorOf(empty, EMPTY_TYPE);
  const manifest = imageOf(empty, [small, large]);
  const subject = { mediaType: OCI_MANIFEST, digest: manifest.digest, size: manifest.text.length };
  const referrers = Array.from({ length: scale.referrers }, (_, index) =>
    manifestOf({
      artifactType: 'application/vnd.stowage.bench',
      config,
      layers: [config],
      subject,
      annotations: { index: String(index) },
    }),
  );
  return { scale, empty, small, large, manifest, smallImage: imageOf(empty, [small]), referrers };
}

/** The tag of a number; tags sort like their numbers. */
export function tagName(index: number): string {
  return `t${String(index).padStart(6, '0')}`;
}

/** The repository of a number; repositories sort like their numbers. */
export function repositoryName(index: number): string {
  return `catalog/r${String(index).padStart(6, '0')}`;
}
