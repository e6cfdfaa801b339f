import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { packTar, type TarSource } from 'modern-tar/fs';
import type { Digest } from '../../../core/digest/digest.ts';
import { MANIFEST_MEDIA_TYPES } from '../../../core/manifests/formats/index.ts';
import { readStoredManifest } from '../../../core/manifests/stored-manifest.ts';
import { MAX_DOCUMENT_BYTES } from '../../max-document-bytes.ts';
import { allNames } from '../../references/image-names.ts';
import { FolderFiles } from '../layout/folder-files.ts';
import { LayoutIndex } from '../layout/layout-index.ts';
import { blobPath } from '../layout/layout-reader.ts';
import type { IncomingManifest } from '../object-store.ts';

/** The consumer of an archive; both formats can be read as an OCI image layout. */
export type ArchiveFormat = 'oci' | 'docker';

/** The content of an archive. */
export interface PackedArchive {
  readonly path: string;
  readonly format: ArchiveFormat;
  /** A layout folder with everything that the images name. */
  readonly folder: string;
  readonly images: readonly ArchivedImage[];
}

/** An image of an archive, with all its names. */
export type ArchivedImage = IncomingManifest & { readonly names: readonly string[] };

/** Fixed metadata: every copy of the same images produces the same archive. */
const COMMON = { mtime: new Date(0), uid: 0, gid: 0, mode: 0o644 } as const;

/** Writes an archive into its folder, and moves it to its final name when it is complete. */
export async function packArchive(archive: PackedArchive, signal: AbortSignal | undefined): Promise<void> {
  const { path, folder, images, format } = archive;
  const documents = {
    'oci-layout': '{"imageLayoutVersion":"1.0.0"}',
    'index.json': indexOf(images),
    ...(format === 'docker' && {
      'manifest.json': JSON.stringify(images.filter(isImage).map(dockerImage)),
    }),
  };
  const blobs = await blobsOf(images, folder);
  const sources: TarSource[] = [
    ...Object.entries(documents).map(([target, content]) => ({ ...COMMON, type: 'content' as const, target, content })),
    ...blobs.map((blob) => ({ ...COMMON, type: 'file' as const, source: join(folder, blob), target: blob })),
  ];
  // The name is unique, so it cannot be someone else's file or link. The file of a killed process is removed with the
  // folder.
  const temporary = join(folder, `${randomUUID()}.tar`);
  try {
    const file = createWriteStream(temporary, { flags: 'wx', flush: true });
    await pipeline(packTar(sources), file, signal === undefined ? {} : { signal });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function indexOf(images: readonly ArchivedImage[]): string {
  let index = LayoutIndex.empty();
  for (const { mediaType, digest, bytes, ...named } of images) {
    index = index.with({ mediaType, digest, size: bytes.byteLength }, allNames(named));
  }
  return index.toString();
}

/** Whether Docker loads it; signatures and the like are included but not loaded. */
function isImage({ bytes }: ArchivedImage): boolean {
  return readStoredManifest(bytes).subject === undefined;
}

/** An image in the format of `docker load`. */
function dockerImage({ bytes, names }: ArchivedImage): object {
  const [config, ...layers] = readStoredManifest(bytes).blobs;
  return {
    Config: config === undefined ? '' : blobPath(config.digest),
    RepoTags: names.length === 0 ? null : names,
    Layers: layers.map(({ digest }) => blobPath(digest)),
  };
}

/** The files of everything that the images name, as far as the folder has it, without duplicates. */
async function blobsOf(images: readonly ArchivedImage[], folder: string): Promise<readonly string[]> {
  const files = new FolderFiles(folder);
  const found = new Set<string>();
  const visit = async (digest: Digest, isManifest: boolean): Promise<void> => {
    const path = blobPath(digest);
    if (found.has(path) || (await files.size(path)) === undefined) return;
    found.add(path);
    if (!isManifest) return;
    const { children, blobs } = readStoredManifest((await files.read(path, MAX_DOCUMENT_BYTES)) ?? Buffer.of());
    for (const child of children) await visit(child.digest, isManifestType(child.mediaType));
    for (const blob of blobs) await visit(blob.digest, false);
  };
  for (const { digest } of images) await visit(digest, true);
  return [...found];
}

function isManifestType(mediaType: string): boolean {
  return (MANIFEST_MEDIA_TYPES as readonly string[]).includes(mediaType);
}
