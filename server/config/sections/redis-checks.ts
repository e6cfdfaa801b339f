import type { Finding, KeyPath } from '../engine/problem.ts';
import { type ConfigNode, isNull, ListNode, nodeAt, ScalarNode, textAt } from '../engine/tree.ts';

const REDIS = ['redis'];
const TLS = [...REDIS, 'tls'];
/** Keys that need a connection to Redis when their value is `redis`. */
const USERS: readonly KeyPath[] = [
  ['http', 'tokenprovider'],
  ['storage', 'cache', 'blobdescriptor'],
  ['storage', 'cache', 'layerinfo'],
];

/** Problems between the keys of `redis`, and between them and the keys that need Redis. */
export function checkRedis(root: ConfigNode): Finding[] {
  const has = (...path: string[]): boolean => Boolean(textAt(root, [...REDIS, ...path]));
  const addresses = countAt(root, [...REDIS, 'addrs']);
  const findings: Finding[] = [];
  const find = (path: KeyPath, message: string): void => void findings.push({ path, message });
  if (addresses === 0) {
    for (const path of USERS) {
      if (textAt(root, path)?.toLowerCase() === 'redis') {
        find(path, 'needs redis.addrs as well: where Redis is, such as [localhost:6379]');
      }
    }
  }
  const database = textAt(root, [...REDIS, 'db']) ?? '0';
  if (addresses > 1 && !has('mastername') && Number(database) > 0) {
    find(
      [...REDIS, 'db'],
      'must be 0: several redis.addrs are a cluster, which has only one database (for sentinels, give redis.mastername)',
    );
  }
  const sockets = addresses > 1 || has('mastername') ? socketsAt(root) : [];
  for (const path of sockets) find(path, 'must be host:port: a socket can only be a single server');
  for (const [user, password] of [
    ['username', 'password'],
    ['sentinelusername', 'sentinelpassword'],
  ] as const) {
    if (has(user) && !has(password)) find([...REDIS, user], `needs redis.${password} as well`);
  }
  if (has('tls', 'certificate') && !has('tls', 'key')) find([...TLS, 'certificate'], 'needs redis.tls.key as well');
  if (has('tls', 'key') && !has('tls', 'certificate')) find([...TLS, 'key'], 'needs redis.tls.certificate as well');
  return findings;
}

/** Keys of `redis` that are valid and have no effect. */
export function findIdleRedis(root: ConfigNode): Finding[] {
  const isSet = (key: string): boolean => Boolean(textAt(root, [...REDIS, key]));
  const idle = (keys: readonly string[], why: string): Finding[] =>
    keys.filter(isSet).map((key) => ({ path: [...REDIS, key], message: `has no effect: ${why}` }));
  if (countAt(root, [...REDIS, 'addrs']) === 0) {
    return idle(['mastername', 'username', 'password', 'clientname'], 'without redis.addrs Redis is not used');
  }
  if (isSet('mastername')) return [];
  return idle(['sentinelusername', 'sentinelpassword'], 'there are no sentinels without redis.mastername');
}

function countAt(root: ConfigNode, path: KeyPath): number {
  const node = nodeAt(root, path);
  if (node instanceof ListNode) return node.items.length;
  // The schema refuses any other kind of node.
  return node === undefined || isNull(node) || (node instanceof ScalarNode && node.text === '') ? 0 : 1;
}

function socketsAt(root: ConfigNode): KeyPath[] {
  const path = [...REDIS, 'addrs'];
  const node = nodeAt(root, path);
  if (!(node instanceof ListNode)) return [];
  return node.items.flatMap((item, index) =>
    item instanceof ScalarNode && item.text.startsWith('/') ? [[...path, index]] : [],
  );
}
