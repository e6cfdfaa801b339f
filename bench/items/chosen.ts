import { ITEMS } from './index.ts';
import type { Item } from './item.ts';

/** An id is chosen if it contains one of these words; without words, all ids are. */
interface Choice {
  readonly only: readonly string[];
}

export function chosenItems(choice: Choice): readonly Item[] {
  return ITEMS.filter(({ id }) => isChosen(choice, id));
}

export function isChosen({ only }: Choice, id: string): boolean {
  return only.length === 0 || only.some((word) => id.includes(word));
}
