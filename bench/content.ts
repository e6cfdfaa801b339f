import { createHash } from 'node:crypto';
import { BlobBytes } from './load/blob-bytes.ts';
import type { NamedBlob } from './load/push.ts';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';

/** How much a registry is filled with and how long it is loaded. */
export interface Scale {
  readonly smallBytes: number;
  readonly largeBytes: number;
  readonly pushBytes: number;
  readonly chunkBytes: number;
  readonly smallPushes: number;
  readonly tags: number;
  readonly repositories: number;
  readonly referrers: number;
  /** The duration of each timed load. */
  readonly seconds: number;
}

const MIB = 1024 * 1024;

export const FULL: Scale = {
  smallBytes: 4096,
  largeBytes: 64 * MIB,
  pushBytes: 512 * MIB,
  chunkBytes: 16 * MIB,
  smallPushes: 200,
  tags: 10_000,
  repositories: 5_000,
  referrers: 1_000,
  seconds: 3,
};

export const QUICK: Scale = {
  smallBytes: 4096,
  largeBytes: MIB,
  pushBytes: 4 * MIB,
  chunkBytes: MIB,
  smallPushes: 16,
  tags: 40,
  repositories: 20,
  referrers: 20,
  seconds: 1,
};

/** A manifest as it is pushed. */
export interface NamedManifest {
  readonly text: string;
  readonly digest: string;
}

/** The content of every registry; the same bytes in each. */
export interface Content {
  readonly scale: Scale;
  readonly empty: NamedBlob;
  readonly small: NamedBlob;
  readonly large: NamedBlob;
  readonly manifest: NamedManifest;
  readonly referrers: readonly NamedManifest[];
}

export function createContent(scale: Scale): Content {
  const empty = named(new BlobBytes('empty', 2));
  const small = named(new BlobBytes('small', scale.smallBytes));
  const large = named(new BlobBytes('large', scale.largeBytes));
  const config = descriptor(empty, EMPTY_TYPE);
  const layers = [small, large].map((blob) => descriptor(blob, 'application/vnd.oci.image.layer.v1.tar'));
  const manifest = manifestOf({ config, layers });
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
  return { scale, empty, small, large, manifest, referrers };
}

/** The tag of a number; tags sort like their numbers. */
export function tagName(index: number): string {
  return `t${String(index).padStart(6, '0')}`;
}

/** The repository of a number; repositories sort like their numbers. */
export function repositoryName(index: number): string {
  return `catalog/r${String(index).padStart(6, '0')}`;
}

function manifestOf(fields: object): NamedManifest {
  const text = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, ...fields });
  return { text, digest: `sha256:${createHash('sha256').update(text).digest('hex')}` };
}

function named(bytes: BlobBytes): NamedBlob {
  return { bytes, digest: bytes.digest() };
}

function descriptor({ bytes, digest }: NamedBlob, mediaType: string): object {
  return { mediaType, digest, size: bytes.size };
}
