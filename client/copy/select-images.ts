import type { CallContext } from '../../core/registry/call-context.ts';
import type { ObjectStore } from '../stores/object-store.ts';
import { selectTags } from './select-tags.ts';
import type { SelectedImage, Selection } from './selection.ts';

/**
 * The images that a selection names, in the order in which they are copied. Between stores with whole names, an image
 * that was selected by tag keeps all of its whole names with that tag.
 */
export async function selectImages(
  { source, target }: { readonly source: ObjectStore; readonly target: ObjectStore },
  selection: Selection,
  context: CallContext,
): Promise<readonly SelectedImage[]> {
  if ('images' in selection) return selection.images;
  const tags = await selectTags(source, selection.tags, context);
  const named = target.keepsNames === true ? await namedImages(source, context) : [];
  return tags.flatMap((tag): readonly SelectedImage[] => {
    const images = named.filter(({ to }) => to.tag === tag);
    return images.length > 0 ? images : [{ from: { kind: 'tag', tag } }];
  });
}

/** Each image with each of its whole names. */
async function namedImages(source: ObjectStore, context: CallContext) {
  const images = [];
  for await (const { name, tag, digest } of source.names?.(context) ?? []) {
    images.push({ from: { kind: 'digest', digest }, to: { kind: 'tag', tag }, name } as const);
  }
  return images;
}
