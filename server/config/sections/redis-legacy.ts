import type { Finding } from '../engine/problem.ts';
import { type ConfigNode, isFilled, ListNode, MapNode, nodeAt, ScalarNode } from '../engine/tree.ts';

/**
 * Moves the Redis keys of older files to those of today, before anything is checked: `addr` of distribution 2, and
 * `sentinelMasterSet` and `enableTLS` of Harbor. A value under the new key wins.
 * @returns one warning for each old key
 */
export function adoptOldRedis(root: MapNode): Finding[] {
  const redis = root.entries.get('redis');
  if (!(redis instanceof MapNode)) return [];
  return [
    ...adopt(redis, 'addr', ['addrs'], toList),
    ...adopt(redis, 'sentinelMasterSet', ['mastername']),
    ...adopt(redis, 'sentinelmasterset', ['mastername']),
    ...adopt(redis, 'enableTLS', ['tls', 'enabled']),
    ...adopt(redis, 'enabletls', ['tls', 'enabled']),
  ];
}

function adopt(
  redis: MapNode,
  old: string,
  path: readonly [string, ...string[]],
  convert: (node: ConfigNode) => ConfigNode = (node) => node,
): Finding[] {
  const node = redis.entries.get(old);
  if (node === undefined) return [];
  redis.entries.delete(old);
  if (!isFilled(node)) return [];
  const name = `redis.${path.join('.')}`;
  const present = nodeAt(redis, path);
  const isTaken = present !== undefined && isFilled(present);
  if (!isTaken) put(redis, path, convert(node));
  return [
    {
      path: ['redis', ...path],
      origin: node.origin,
      message: isTaken
        ? `redis.${old} has no effect beside it; remove that`
        : `redis.${old} is deprecated, use ${name}`,
    },
  ];
}

function put(redis: MapNode, [first, ...rest]: readonly [string, ...string[]], node: ConfigNode): void {
  const [second] = rest;
  if (second === undefined) {
    redis.entries.set(first, node);
    return;
  }
  const section = redis.entries.get(first);
  const map = section instanceof MapNode ? section : new MapNode(new Map(), node.origin);
  redis.entries.set(first, map);
  map.entries.set(second, node);
}

/** Harbor writes several sentinels into one text. */
function toList(node: ConfigNode): ConfigNode {
  if (!(node instanceof ScalarNode)) return node;
  const parts = node.text.split(',').map((part) => part.trim());
  return new ListNode(
    parts.map((part) => new ScalarNode(part, part, node.origin)),
    node.origin,
  );
}
