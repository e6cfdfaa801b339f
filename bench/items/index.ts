import type { Item } from './item.ts';
import { LISTS } from './lists.ts';
import { PUSHES } from './pushes.ts';
import { READS } from './reads.ts';

/** All items, in the order of measurement: pushes last, because the disk is busy with them for a while. */
export const ITEMS: readonly Item[] = [...READS, ...LISTS, ...PUSHES];
