import type { z } from 'zod';
import type { NamePattern } from '../../../plugins/patterns/name-pattern.ts';
import type { Finding } from '../engine/problem.ts';
import { flag, name } from '../engine/scalars.ts';
import { group, listOf, options, required, section, setting } from '../engine/schema.ts';
import { type ConfigNode, ListNode, nodeAt } from '../engine/tree.ts';
import type { ListedPlugin } from './plugin-choice.ts';
import { pattern } from './repository-pattern.ts';

const entry = {
  name: required(name, { description: 'built-in name, package or path of the middleware' }),
  disabled: setting(flag, { default: 'false', description: 'leaves it out' }),
  options: setting(options, { default: '{}', description: 'options of the middleware' }),
};
const wrappers = listOf(section(entry, undefined, 'name'));

export const middleware = group(
  {
    registry: setting(wrappers, {
      default: '[]',
      kept: 'valued',
      description: 'wrappers of the registry; the first one is next to the storage, the last one next to the clients',
    }),
    repository: setting(
      listOf(
        section(
          {
            ...entry,
            repositories: setting(listOf(pattern), {
              default: '[]',
              description:
                'repositories to wrap, as patterns in which `*` matches anything except `/`, and `**` anything; all if empty',
            }),
          },
          undefined,
          'name',
        ),
      ),
      {
        default: '[]',
        kept: 'valued',
        description: 'wrappers of some repositories, outside those of the registry and in the same order',
      },
    ),
    storage: setting(wrappers, {
      default: '[]',
      kept: 'valued',
      description:
        'wrappers of the storage driver; the first one is next to the driver, the last one next to the registry',
    }),
  },
  { guarded: true },
);

/** The first is next to the driver; those that are disabled are left out. */
export function toWrappers({ storage }: z.output<typeof middleware>): ListedPlugin[] {
  return enabled('middleware.storage', storage);
}

/** What wraps the registry, or some of its repositories. */
export interface ListedRegistryWrapper extends ListedPlugin {
  /** Absent: the whole registry. */
  readonly repositories?: readonly NamePattern[];
}

/** The first is next to the storage; those that are disabled are left out. */
export function toRegistryWrappers({ registry, repository }: z.output<typeof middleware>): ListedRegistryWrapper[] {
  return [...enabled('middleware.registry', registry), ...enabled('middleware.repository', repository)];
}

interface Entry extends Pick<ListedRegistryWrapper, 'name' | 'options'> {
  readonly disabled: boolean;
  readonly repositories?: readonly NamePattern[];
}

function enabled(list: string, entries: readonly Entry[]): ListedRegistryWrapper[] {
  return entries
    .map((entry, index) => ({ ...entry, at: `${list}[${index}]` }))
    .flatMap(({ disabled, repositories = [], ...wrapper }) => {
      if (disabled) return [];
      return [repositories.length === 0 ? wrapper : { ...wrapper, repositories }];
    });
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
