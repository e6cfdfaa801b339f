import { suggest } from '../../plugins/loading/suggest.ts';
import { type ListenAddress, parseTcpAddress } from './address.ts';
import { checkRedis } from './check-redis.ts';
import { checkTls } from './check-tls.ts';
import { AUTH_NAMES, DRIVER_NAMES } from './known-names.ts';
import type { Finding, KeyPath } from './problem.ts';
import { storageShape } from './storage-schema.ts';
import { BadValue } from './structure.ts';
import { type ConfigNode, entriesAt, isNull, ListNode, MapNode, nodeAt, textAt } from './tree.ts';

/** Words that a driver's name is close to without being one must be this long for each differing letter. */
const LETTERS_PER_MISTAKE = 4;

/** What is wrong between keys that are each right alone. It runs on what was written, so that it speaks even when a schema has failed. */
export function checkTogether(root: ConfigNode, formatOrigin: (path: KeyPath) => string): Finding[] {
  return [
    ...checkStorage(root, formatOrigin),
    ...checkAuth(root, formatOrigin),
    ...checkHttp(root),
    ...checkTls(root),
    ...checkRedis(root),
  ];
}

/** The driver that the storage section names, when there is exactly one. */
export function driverKey(root: ConfigNode): string | undefined {
  const names = driverKeys(root);
  return names.length === 1 ? names[0] : undefined;
}

/** The address to listen on. @throws BadValue */
export function listenAddress(net: string, addr: string | undefined): ListenAddress {
  if (net !== 'unix') return parseTcpAddress(addr ?? '127.0.0.1:5000');
  if (addr === undefined || addr === '') throw new BadValue('must be the path of the socket, because http.net is unix');
  return { socket: addr };
}

function driverKeys(root: ConfigNode): string[] {
  return entriesAt(root, ['storage']).flatMap(([key]) => (Object.hasOwn(storageShape, key) ? [] : [key]));
}

function checkStorage(root: ConfigNode, formatOrigin: (path: KeyPath) => string): Finding[] {
  const storage = nodeAt(root, ['storage']);
  if (storage !== undefined && storage instanceof ListNode) return [];
  const names = driverKeys(root);
  const reserved = Object.keys(storageShape);
  const mistyped = mistypedNames('storage', names, [...DRIVER_NAMES, ...reserved]);
  if (mistyped.length > 0) return mistyped;
  if (names.length === 0) {
    return [
      { path: ['storage'], message: 'no storage driver; name one, such as storage: {filesystem: {rootdirectory: …}}' },
    ];
  }
  const misplaced = misplacedSections(root, names);
  if (misplaced.length > 0) return misplaced;
  return severalNames(names, { section: 'storage', what: 'storage drivers', known: reserved, formatOrigin });
}

/** A section that belongs beside the driver of distribution and stands among its options, where nothing would obey it. */
function misplacedSections(root: ConfigNode, drivers: readonly string[]): Finding[] {
  return drivers
    .filter((driver) => DRIVER_NAMES.some((name) => name === driver))
    .flatMap((driver) =>
      entriesAt(root, ['storage', driver])
        .filter(([key, node]) => Object.hasOwn(storageShape, key) && node instanceof MapNode)
        .map(([key]) => ({
          path: ['storage', driver, key],
          message: `is no option of the driver, its place is storage.${key}`,
        })),
    );
}

function checkAuth(root: ConfigNode, formatOrigin: (path: KeyPath) => string): Finding[] {
  const auth = nodeAt(root, ['auth']);
  if (auth === undefined || !(auth instanceof MapNode || isNull(auth))) return [];
  const names = auth instanceof MapNode ? [...auth.entries.keys()] : [];
  const mistyped = mistypedNames('auth', names, AUTH_NAMES);
  if (mistyped.length > 0) return mistyped;
  if (names.length === 0) {
    return [
      { path: ['auth'], message: 'names no kind of access control; name one, or write auth: none to let everybody in' },
    ];
  }
  return severalNames(names, { section: 'auth', what: 'kinds of access control', known: AUTH_NAMES, formatOrigin });
}

function mistypedNames(section: string, names: readonly string[], known: readonly string[]): Finding[] {
  return names.flatMap((name) => {
    if (known.includes(name) || /[/@\\]/.test(name)) return [];
    const meant = suggest(name, known, LETTERS_PER_MISTAKE);
    return meant === undefined ? [] : [{ path: [section, name], message: `unknown key, did you mean "${meant}"?` }];
  });
}

interface SeveralNames {
  readonly section: string;
  readonly what: string;
  readonly known: readonly string[];
  readonly formatOrigin: (path: KeyPath) => string;
}

function severalNames(names: readonly string[], { section, what, known, formatOrigin }: SeveralNames): Finding[] {
  if (names.length < 2) return [];
  const places = names.map((name) => `${name} (${formatOrigin([section, name])})`);
  const hints = names.flatMap((name) => {
    const meant = known.includes(name) ? undefined : suggest(name, known);
    return meant === undefined ? [] : [`; is "${name}" meant to be "${meant}"?`];
  });
  const message = `${names.length} ${what}: ${places.join(' and ')}; there must be exactly one${hints.join('')}`;
  return [{ path: [section, names.at(-1) ?? ''], message }];
}

function checkHttp(root: ConfigNode): Finding[] {
  const findings: Finding[] = [];
  try {
    listenAddress(textAt(root, ['http', 'net']) ?? 'tcp', textAt(root, ['http', 'addr']));
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    const path = ['http', 'addr'];
    findings.push({ path, message: error.messageAt(path) });
  }
  const secrets = nodeAt(root, ['http', 'secrets']);
  if (secrets instanceof ListNode && secrets.items.length > 0 && !textAt(root, ['http', 'secret'])) {
    findings.push({
      path: ['http', 'secrets'],
      message: 'needs http.secret as well: that one signs, these are only still taken',
    });
  }
  return findings;
}
