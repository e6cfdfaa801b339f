import type { CallContext } from '../../core/registry/call-context.ts';
import type { ObjectStore } from '../stores/object-store.ts';
import { selectTags } from './select-tags.ts';
import type { SelectedImage, Selection } from './selection.ts';

/** The images that a selection names, in the order in which they are copied. */
export async function selectImages(
  source: ObjectStore,
  selection: Selection,
  context: CallContext,
): Promise<readonly SelectedImage[]> {
  if ('images' in selection) return selection.images;
  const tags = await selectTags(source, selection.tags, context);
  return tags.map((tag) => ({ from: { kind: 'tag', tag } }));
}
