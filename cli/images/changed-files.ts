import type { ObjectStore } from '../../client/stores/object-store.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { type ChangedFile, compareFiles } from './compare-files.ts';
import { FileTree } from './file-tree.ts';
import { addLayers } from './layer-files.ts';

/** The layers of an image, from the lowest one, and where they are. */
export interface ImageLayers {
  readonly store: ObjectStore;
  readonly layers: readonly Descriptor[];
}

/**
 * The paths that differ between two images, whatever layers they stand in. All layers are read, but those with which both
 * begin only once, and none where all are the same. What is held meanwhile is the paths, not their content.
 * @throws StoreError `damaged` for a layer that is other bytes than its digest names, or no archive; `unsupported` for an
 * unknown compression, and for more than a million paths
 */
export async function changedFiles(
  first: ImageLayers,
  second: ImageLayers,
  context: CallContext,
): Promise<ChangedFile[]> {
  const shared = sharedStart(first.layers, second.layers);
  if (shared === Math.max(first.layers.length, second.layers.length)) return [];
  const ours = new FileTree();
  await addLayers(ours, first.layers.slice(0, shared), { ...context, store: first.store });
  const theirs = ours.copy();
  await addLayers(ours, first.layers.slice(shared), { ...context, store: first.store });
  await addLayers(theirs, second.layers.slice(shared), { ...context, store: second.store });
  return compareFiles(ours, theirs);
}

function sharedStart(first: readonly Descriptor[], second: readonly Descriptor[]): number {
  const different = first.findIndex(({ digest }, at) => digest !== second[at]?.digest);
  return different < 0 ? first.length : different;
}
