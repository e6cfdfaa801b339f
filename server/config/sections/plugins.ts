import type { z } from 'zod';
import { name, waitingTime } from '../engine/scalars.ts';
import { listOf, options, required, section, setting } from '../engine/schema.ts';
import { ListNode, MapNode, ScalarNode } from '../engine/tree.ts';
import type { ListedPlugin } from './plugin-choice.ts';

const plugin = section({
  use: required(name, { description: 'package or path of a plugin' }),
  options: setting(options, { default: '{}', description: 'options of the plugin' }),
});

export const plugins = setting(listOf(plugin), {
  default: '[]',
  guarded: true,
  kept: 'set',
  description: 'plugins of any kind except storage drivers; an item may be just the package or path',
});

export const plugintimeout = setting(waitingTime, {
  default: '30s',
  description: 'how long each step of loading a plugin or driver may take; 0 means no limit',
});

export function toPlugins(items: z.output<typeof plugins>): ListedPlugin[] {
  return items.map(({ use, options }, index) => ({ name: use, options, at: `plugins[${index}]` }));
}

/** An item `x` of `plugins` means `{use: x}`. */
export function expandBarePlugins(root: MapNode): void {
  const list = root.entries.get('plugins');
  if (!(list instanceof ListNode)) return;
  for (const [index, node] of list.items.entries()) {
    if (node instanceof ScalarNode && node.value !== null) {
      list.items[index] = new MapNode(new Map([['use', node]]), node.origin);
    }
  }
}
