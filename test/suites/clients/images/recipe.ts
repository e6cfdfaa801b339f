import { createHash } from 'node:crypto';
import { randomBytes } from './random-bytes.ts';
import { type TarFile, tar, textFile } from './tar.ts';

/** The parts of an image. The same recipe gives the same bytes. */
export interface Recipe {
  readonly seed: string;
  /** Default `amd64`. */
  readonly architecture?: string;
  /** For each layer, the sizes in bytes of its files. */
  readonly layers: readonly (readonly number[])[];
}

/** A few small layers, one of them with an empty file. */
export const SMALL_LAYERS = [[10_000, 3], [70_000], [0, 512, 513]] as const;

/** Small layers and one of 200 MB, which comes last so that storage without overlays copies it least often. */
export const LARGE_LAYERS = [...SMALL_LAYERS, [200_000_000]] as const;

/** The files of each layer. */
export function layersOf(recipe: Recipe): TarFile[][] {
  return recipe.layers.map((sizes, layer) => [
    textFile(`layer-${layer}.txt`, `layer ${layer} of ${recipe.seed} for ${architectureOf(recipe)}\n`),
    ...sizes.map((size, file) => ({
      path: `layer-${layer}-file-${file}.bin`,
      size,
      body: () => randomBytes(`${recipe.seed}/${architectureOf(recipe)}/${layer}/${file}`, size),
    })),
  ]);
}

export function architectureOf(recipe: Recipe): string {
  return recipe.architecture ?? 'amd64';
}

/** The image configuration, good for OCI and for Docker's schema 2 alike. */
export function configOf(recipe: Recipe, diffIds: readonly string[]): string {
  return JSON.stringify({
    created: '2026-01-01T00:00:00Z',
    architecture: architectureOf(recipe),
    os: 'linux',
    config: { Cmd: ['/nothing'], Labels: { seed: recipe.seed } },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: diffIds.map((_, layer) => ({ created: '2026-01-01T00:00:00Z', created_by: `layer ${layer}` })),
  });
}

/** The digest of a layer before compression. */
export async function diffIdOf(files: readonly TarFile[]): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of tar(files)) hash.update(bytes);
  return `sha256:${hash.digest('hex')}`;
}
