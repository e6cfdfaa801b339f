import type { z } from 'zod';
import type { Finding } from '../engine/problem.ts';
import { flag, name } from '../engine/scalars.ts';
import { group, listOf, options, required, section, setting } from '../engine/schema.ts';
import { type ConfigNode, ListNode, nodeAt } from '../engine/tree.ts';
import type { ListedPlugin } from './plugin-choice.ts';

const wrapper = section({
  name: required(name, { description: 'built-in name, package or path of the middleware' }),
  disabled: setting(flag, { default: 'false', description: 'leaves it out' }),
  options: setting(options, { default: '{}', description: 'options of the middleware' }),
});
const wrappers = listOf(wrapper);
const description = 'what wraps this part, the first one innermost';
const noMiddleware =
  'this version runs middleware around the storage only (middleware.storage); remove these, or disable each';

export const middleware = group(
  {
    registry: setting(wrappers, { stops: noMiddleware, default: '[]', description }),
    repository: setting(wrappers, { stops: noMiddleware, default: '[]', description }),
    storage: setting(wrappers, {
      default: '[]',
      kept: 'valued',
      description:
        'what wraps the storage driver; the first one is next to the driver, the last one next to the registry',
    }),
  },
  { guarded: true },
);

/** The first is next to the driver; those that are disabled are left out. */
export function toWrappers({ storage }: z.output<typeof middleware>): ListedPlugin[] {
  return storage
    .map(({ name, options, disabled }, index) => ({ disabled, name, options, at: `middleware.storage[${index}]` }))
    .flatMap(({ disabled, ...wrapper }) => (disabled ? [] : [wrapper]));
}

/** Warns of the option of the cloudfront middleware that distribution once misspelt. */
export function misspeltFrequency(root: ConfigNode): Finding[] {
  const list = nodeAt(root, ['middleware', 'storage']);
  if (!(list instanceof ListNode)) return [];
  return list.items.flatMap((_, index) => {
    const path = ['middleware', 'storage', index, 'options', 'updatefrenquency'];
    return nodeAt(root, path) === undefined ? [] : [{ path, message: 'is deprecated, use updatefrequency' }];
  });
}
