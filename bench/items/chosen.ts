import { ITEMS } from './index.ts';
import type { Item } from './item.ts';

/** Words of which an id has to contain one; all ids are chosen when there is none. */
interface Choice {
  readonly only: readonly string[];
}

export function chosenItems(choice: Choice): readonly Item[] {
  return ITEMS.filter(({ id }) => isChosen(choice, id));
}

export function isChosen({ only }: Choice, id: string): boolean {
  return only.length === 0 || only.some((word) => id.includes(word));
}
