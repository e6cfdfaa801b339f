import { type ConfigNode, ListNode, MapNode, ScalarNode } from './tree.ts';

/**
 * `storage: inmemory` means `storage: {inmemory: {}}`, and the same for `auth`; an item `x` of `plugins` means `{use: x}`.
 */
export function expandBareNames(root: ConfigNode): void {
  if (!(root instanceof MapNode)) return;
  for (const key of ['storage', 'auth']) {
    const node = root.entries.get(key);
    if (node instanceof ScalarNode && node.value !== null && node.text !== '') {
      const driver = new MapNode(new Map(), node.origin);
      root.entries.set(key, new MapNode(new Map([[node.text, driver]]), node.origin));
    }
  }
  const plugins = root.entries.get('plugins');
  if (!(plugins instanceof ListNode)) return;
  for (const [index, node] of plugins.items.entries()) {
    if (node instanceof ScalarNode && node.value !== null) {
      plugins.items[index] = new MapNode(new Map([['use', node]]), node.origin);
    }
  }
}
