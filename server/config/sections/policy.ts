import { text } from '../engine/scalars.ts';
import { group, listOf, setting } from '../engine/schema.ts';

export const policy = group(
  {
    repository: group({
      classes: setting(listOf(text), {
        default: '[]',
        description: 'accepted kinds of content; all without it',
        stops: 'this version takes every kind of content; remove it',
      }),
    }),
  },
  { guarded: true },
);
