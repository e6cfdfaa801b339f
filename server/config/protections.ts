import type { Finding, KeyPath } from './problem.ts';
import { storageShape } from './storage-schema.ts';
import { type ConfigNode, entriesAt, isFilled, isNull, nodeAt, textAt } from './tree.ts';

/** Sections that keep people out or content safe. What a variable says of them is obeyed or refused, never ignored. */
const PROTECTIVE: readonly KeyPath[] = [
  ['auth'],
  ['proxy'],
  ['validation'],
  ['middleware'],
  ['plugins'],
  ['policy'],
  ['http', 'tls'],
  ['redis', 'tls'],
  ['storage', 'maintenance'],
  ['storage', 'delete'],
];

/** What a file may protect with. Written without a value it would protect nothing. */
const PROTECTIONS: readonly KeyPath[] = [
  ['http', 'tls'],
  ['http', 'tls', 'certificate'],
  ['http', 'tls', 'key'],
  ['http', 'tls', 'clientcas'],
  ['http', 'tls', 'clientauth'],
  ['redis', 'tls'],
  ['redis', 'tls', 'enabled'],
  ['redis', 'tls', 'rootcas'],
  ['redis', 'tls', 'certificate'],
  ['storage', 'maintenance', 'readonly'],
  ['storage', 'maintenance', 'readonly', 'enabled'],
  ['validation', 'manifests', 'urls', 'allow'],
  ['validation', 'manifests', 'urls', 'deny'],
  ['middleware', 'storage'],
];

/** Written as an empty text they protect as little as without a value. */
const NEVER_EMPTY = new Set(['http.tls', 'http.tls.certificate', 'http.tls.key']);

/**
 * Those, and what may be replaced and never emptied: without it the registry would listen where anybody can reach it, take
 * weaker ciphers, or have nothing in common with the other instances.
 */
const KEPT: readonly KeyPath[] = [
  ...PROTECTIONS,
  ['auth'],
  ['proxy'],
  ['plugins'],
  ['http', 'addr'],
  ['http', 'secret'],
  ['http', 'secrets'],
  ['http', 'tokenprovider'],
  ['http', 'tls', 'minimumtls'],
  ['http', 'tls', 'ciphersuites'],
  ['redis', 'addrs'],
  ['redis', 'password'],
  ['redis', 'sentinelpassword'],
];

/** A protection that the file gives, and where. */
export interface Protection {
  readonly path: KeyPath;
  readonly place: string;
}

/** Whether a key, or what was meant for one, is about access or safety. */
export function isProtective(path: KeyPath): boolean {
  const isBelow = PROTECTIVE.some((section) => section.every((part, index) => part === path[index]));
  return isBelow || path.some((part) => /^auth|htpasswd|readonly/.test(String(part)));
}

/** What the file gives before the variables are applied. */
export function protectionsOf(root: ConfigNode, formatOrigin: (path: KeyPath) => string): Protection[] {
  // Without its options a driver would open another place, which is empty.
  const drivers = entriesAt(root, ['storage']).map(([key]) => ['storage', key]);
  return [...KEPT, ...drivers.filter((path) => !isReserved(path))]
    .filter((path) => isProtecting(root, path))
    .map((path) => ({ path, place: formatOrigin(path) }));
}

/** Protections that are written without a value, and those of the file that a variable has taken away. */
export function checkProtections(root: ConfigNode, given: readonly Protection[]): Finding[] {
  const empty = PROTECTIONS.filter((path) => {
    const node = nodeAt(root, path);
    if (node === undefined || node.origin.variable !== undefined) return false;
    return isNull(node) || (NEVER_EMPTY.has(path.join('.')) && !isFilled(node));
  });
  const lost = given.filter(({ path }) => {
    const node = nodeAt(root, path);
    // Another driver may take the place of the one in the file.
    if (path.length === 2 && path[0] === 'storage') return node !== undefined && !isFilled(node);
    return node === undefined || (!isFilled(node) && !isExplicit(path, node));
  });
  const outermost = lost.filter(({ path }) => !lost.some((other) => isAround(other.path, path)));
  return [
    ...empty.map((path) => ({ path, message: 'has no value; give it one, or remove the key' })),
    ...outermost.map(({ path, place }) => ({
      path,
      message: `is set in the file (${place}), and this variable would take it away; change the file instead`,
    })),
  ];
}

function isReserved([, key = '']: KeyPath): boolean {
  return Object.hasOwn(storageShape, key);
}

function isProtecting(root: ConfigNode, path: KeyPath): boolean {
  const node = nodeAt(root, path);
  if (node === undefined || !isFilled(node)) return false;
  return path.at(-1) !== 'enabled' || textAt(root, path)?.toLowerCase() !== 'false';
}

/** `auth: {}` and the like are complained about where the section is checked. */
function isExplicit(path: KeyPath, node: ConfigNode): boolean {
  return path[0] === 'auth' || node.origin.variable === undefined;
}

function isAround(outer: KeyPath, inner: KeyPath): boolean {
  return outer.length < inner.length && outer.every((part, index) => part === inner[index]);
}
