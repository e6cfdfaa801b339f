import { text } from '../engine/scalars.ts';
import { group, listOf, setting } from '../engine/schema.ts';

export const policy = group(
  {
    repository: group({
      classes: setting(listOf(text), {
        default: '[]',
        description: 'kinds of content that are taken; all without it',
        stops: 'this version takes every kind of content; remove it',
      }),
    }),
  },
  { guarded: true },
);
