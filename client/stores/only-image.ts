import type { Digest } from '../../core/digest/digest.ts';
import { StoreError } from './store-error.ts';

/**
 * The only image of a store, for references without a name.
 * @returns `undefined` for a store without images
 * @throws StoreError `ambiguous` when there are several
 */
export function onlyImage(label: string, images: readonly Digest[], names: readonly string[]): Digest | undefined {
  const [first, ...others] = new Set(images);
  if (others.length === 0) return first;
  const shown = names.slice(0, 10).join(', ');
  throw new StoreError('ambiguous', `${label} has ${others.length + 1} images`, {
    detail: { names: names.slice(0, 10) },
    hint: shown === '' ? 'name one by its digest' : `name one of them: ${shown}`,
  });
}
