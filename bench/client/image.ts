import { createHash } from 'node:crypto';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { manifestOf, type NamedManifest, OCI_MANIFEST } from '../load/artifact.ts';
import { BlobBytes } from '../load/blob-bytes.ts';

/** The size of an image. */
export interface ImageShape {
  readonly layers: number;
  readonly layerBytes: number;
}

/** An image in a folder. */
export interface WrittenImage {
  readonly manifest: NamedManifest;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/**
 * Writes an image into a new folder as an OCI layout, under `tag`. Another seed creates another image, without a common
 * blob. The layers are gzip: some clients would compress other layers on the way, and then they would not do the same
 * work.
 */
export async function writeImage(
  folder: string,
  { seed, shape, tag }: { seed: string; shape: ImageShape; tag: string },
): Promise<WrittenImage> {
  const blobs = join(folder, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const layers: Descriptor[] = [];
  const unpacked: string[] = [];
  for (let index = 0; index < shape.layers; index += 1) {
    const bytes = new BlobBytes(`${seed} ${index}`, shape.layerBytes);
    unpacked.push(bytes.digest());
    layers.push(await writeLayer(blobs, bytes));
  }
  const rootfs = { type: 'layers', diff_ids: unpacked };
  const config = await writeText(blobs, {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    text: JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs }),
  });
  const manifest = manifestOf({ config, layers });
  const root = await writeText(blobs, { mediaType: OCI_MANIFEST, text: manifest.text });
  const named = { ...root, annotations: { 'org.opencontainers.image.ref.name': tag } };
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  return { manifest, config, layers };
}

/** Random bytes cannot be compressed, so they are stored. */
async function writeLayer(blobs: string, bytes: BlobBytes): Promise<Descriptor> {
  const unfinished = join(blobs, '../unfinished');
  const hash = createHash('sha256');
  let size = 0;
  {
    await using file = await open(unfinished, 'w');
    for await (const chunk of Readable.from(bytes.read()).pipe(createGzip({ level: 0 })) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.byteLength;
      await file.writeFile(chunk);
    }
  }
  const hex = hash.digest('hex');
  await rename(unfinished, join(blobs, hex));
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: `sha256:${hex}`, size };
}

async function writeText(blobs: string, { mediaType, text }: { mediaType: string; text: string }): Promise<Descriptor> {
  const hex = createHash('sha256').update(text).digest('hex');
  await writeFile(join(blobs, hex), text);
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}
