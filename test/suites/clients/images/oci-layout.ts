import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { architectureOf, configOf, diffIdOf, layersOf, type Recipe } from './recipe.ts';
import { type TarFile, tar } from './tar.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** A descriptor as it stands in manifests and indexes (image-spec, "OCI Content Descriptors"). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

/** Writes an OCI layout with one image under the tag `latest`, and gives the image's manifest. */
export async function writeImageLayout(folder: string, recipe: Recipe): Promise<Descriptor> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  const manifest = await writeImage(folder, recipe);
  await writeEntry(folder, manifest);
  return manifest;
}

/** Writes an OCI layout with one index of several images under the tag `latest`, and gives the index. */
export async function writeIndexLayout(folder: string, recipes: readonly Recipe[]): Promise<Descriptor> {
  await mkdir(join(folder, 'blobs/sha256'), { recursive: true });
  const manifests: Descriptor[] = [];
  for (const recipe of recipes) {
    const platform = { os: 'linux', architecture: architectureOf(recipe) };
    manifests.push({ ...(await writeImage(folder, recipe)), platform });
  }
  const index = await writeJson(folder, INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
  await writeEntry(folder, index);
  return index;
}

/** The manifest of the tag in a layout, which may come from another program. */
export async function readEntry(folder: string): Promise<Pick<Descriptor, 'mediaType' | 'digest' | 'size'>> {
  const { manifests } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  const [entry] = manifests;
  if (entry === undefined || manifests.length > 1) throw new Error(`${folder} has ${manifests.length} entries, not 1`);
  return { mediaType: entry.mediaType, digest: entry.digest, size: entry.size };
}

/** The digests of all blobs in a layout, computed from their bytes, in order. */
export async function blobDigests(folder: string): Promise<string[]> {
  const digests: string[] = [];
  for (const name of await readdir(join(folder, 'blobs/sha256'))) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, 'blobs/sha256', name)), hash);
    digests.push(`sha256:${hash.digest('hex')}`);
  }
  return digests.sort();
}

async function writeImage(folder: string, recipe: Recipe): Promise<Descriptor> {
  const layers: Descriptor[] = [];
  const diffIds: string[] = [];
  for (const files of layersOf(recipe)) {
    diffIds.push(await diffIdOf(files));
    layers.push(await writeLayer(folder, files));
  }
  const config = await writeBlob(folder, CONFIG, configOf(recipe, diffIds));
  return writeJson(folder, MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config, layers });
}

async function writeLayer(folder: string, files: readonly TarFile[]): Promise<Descriptor> {
  const hash = createHash('sha256');
  let size = 0;
  const unnamed = join(folder, 'layer.partial');
  await pipeline(
    tar(files),
    // The content does not compress, so trying would only cost time.
    createGzip({ level: 0 }),
    async function* (gzipped: AsyncIterable<Uint8Array>) {
      for await (const bytes of gzipped) {
        hash.update(bytes);
        size += bytes.byteLength;
        yield bytes;
      }
    },
    createWriteStream(unnamed),
  );
  const hex = hash.digest('hex');
  await rename(unnamed, join(folder, 'blobs/sha256', hex));
  return { mediaType: LAYER, digest: `sha256:${hex}`, size };
}

function writeJson(folder: string, mediaType: string, value: unknown): Promise<Descriptor> {
  return writeBlob(folder, mediaType, JSON.stringify(value));
}

async function writeBlob(folder: string, mediaType: string, text: string): Promise<Descriptor> {
  const hex = createHash('sha256').update(text).digest('hex');
  await writeFile(join(folder, 'blobs/sha256', hex), text);
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}

async function writeEntry(folder: string, descriptor: Descriptor): Promise<void> {
  const entry = { ...descriptor, annotations: { 'org.opencontainers.image.ref.name': 'latest' } };
  await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }));
}
