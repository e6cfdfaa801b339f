import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { configOf, diffIdOf, layersOf, type Recipe } from './recipe.ts';
import { type TarFile, tar, tarSize, textFile } from './tar.ts';

/** Writes an image as `docker save` does, and gives its id: the digest of its configuration. */
export async function writeDockerArchive(file: string, recipe: Recipe, repoTag: string): Promise<string> {
  const diffIds: string[] = [];
  const layers: TarFile[] = [];
  for (const files of layersOf(recipe)) {
    const diffId = await diffIdOf(files);
    diffIds.push(diffId);
    layers.push({ path: `${diffId.slice(7)}/layer.tar`, size: tarSize(files), body: () => tar(files) });
  }
  const config = configOf(recipe, diffIds);
  const id = createHash('sha256').update(config).digest('hex');
  const manifest = [{ Config: `${id}.json`, RepoTags: [repoTag], Layers: layers.map((layer) => layer.path) }];
  const entries = [textFile(`${id}.json`, config), textFile('manifest.json', JSON.stringify(manifest)), ...layers];
  await pipeline(tar(entries), createWriteStream(file));
  return `sha256:${id}`;
}
