import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { packTar, type TarEntry } from 'modern-tar';
import { digestOf } from '../../../core/digest/digest.ts';
import { tempRoot } from '../drivers/temp-root.ts';

export function file(name: string, body: string | Uint8Array, header: object = {}): TarEntry {
  return { header: { name, size: Buffer.byteLength(body), type: 'file', ...header }, body };
}

export function link(name: string, linkname: string, type: 'symlink' | 'link' = 'symlink'): TarEntry {
  return { header: { name, size: 0, type, linkname } };
}

export async function archiveOf(t: ExecutionContext, entries: readonly TarEntry[]): Promise<string> {
  const path = join(await tempRoot(t), 'image.tar');
  await writeFile(path, await packTar(entries));
  return path;
}

/** An image of an archive. */
export interface DockerImage {
  readonly layers: readonly Buffer[];
  readonly tags?: readonly string[] | null;
}

/** An archive as Docker wrote it before version 25. */
export function dockerEntries(layers: readonly Buffer[], tags?: readonly string[] | null): TarEntry[] {
  return dockerArchive([{ layers, ...(tags === undefined ? {} : { tags }) }]);
}

/** Such an archive of several images; the layers of the n-th one are below `n/`, except those of the first. */
export function dockerArchive(images: readonly DockerImage[]): TarEntry[] {
  const made = images.map(({ layers, tags = ['team/app:v1'] }, at) => {
    const folder = at === 0 ? '' : `${at}/`;
    const diffIds = layers.map((layer) => digestOf(layer));
    const config = JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: diffIds },
    });
    const paths = layers.map((_, index) => `${folder}${index}/layer.tar`);
    const entries = [
      ...layers.map((layer, index) => file(paths[index] ?? '', layer)),
      file(`${folder}config.json`, config),
    ];
    return { entries, image: { Config: `${folder}config.json`, RepoTags: tags, Layers: paths } };
  });
  return [
    ...made.flatMap(({ entries }) => entries),
    file('manifest.json', JSON.stringify(made.map(({ image }) => image))),
  ];
}
