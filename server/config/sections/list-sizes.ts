import type { z } from 'zod';
import { integer } from '../engine/scalars.ts';
import { group, setting } from '../engine/schema.ts';

const DEFAULT_ENTRIES = 1000;

export const catalog = group({
  maxentries: setting(integer(), {
    default: '1000',
    description: 'maximum number of repositories in one answer; 0 or less means 1000',
  }),
});

export const tags = group({
  maxtags: setting(integer(0), { default: '1000', description: 'maximum number of tags in one answer; 0 means 1000' }),
});

/** The largest page of the catalog. */
export function toCatalog({ maxentries }: z.output<typeof catalog>): { readonly maxEntries: number } {
  return { maxEntries: maxentries > 0 ? maxentries : DEFAULT_ENTRIES };
}

/** The largest page of the tags of a repository. */
export function toTags({ maxtags }: z.output<typeof tags>): { readonly maxTags: number } {
  return { maxTags: maxtags > 0 ? maxtags : DEFAULT_ENTRIES };
}
