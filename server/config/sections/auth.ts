import { KINDS } from '../../../plugins/kinds/index.ts';
import { namesIn } from '../../../plugins/kinds/plugin-family.ts';
import type { Finding, KeyPath } from '../engine/problem.ts';
import { anything, options, section, setting } from '../engine/schema.ts';
import { type ConfigNode, entriesAt, isNull, ListNode, MapNode, nodeAt, ScalarNode } from '../engine/tree.ts';
import { checkTokenServer, isTokenServer, tokenServer } from './auth-token-server.ts';
import { mistypedNames, type PluginChoice, severalNames, toChoice } from './plugin-choice.ts';

/** The access controllers of distribution and ours, to recognise typing mistakes. */
const AUTH_NAMES: readonly string[] = namesIn(KINDS['access-controller']);

/** Kinds that may stand together, in the order in which they are asked: a password may look like anything. */
const TOGETHER: readonly (readonly string[])[] = [['oidc', 'htpasswd']];

export const auth = setting(section({ token: setting(section({ embedded: tokenServer }, anything), {}) }, options), {
  guarded: true,
  kept: 'set',
  names: AUTH_NAMES,
  description:
    'one kind of access control, with its options, or `htpasswd` and `oidc` together; without it, the registry is open to all',
});

/** The first that recognises credentials decides about them; none when the registry is open to everybody. */
export function toAuth(root: ConfigNode): readonly PluginChoice[] {
  const names = controllersIn(root).filter((name) => name !== 'none');
  const order = TOGETHER.flat();
  return names
    .toSorted((one, other) => order.indexOf(one) - order.indexOf(other))
    .map((name) => toChoice(root, 'auth', name));
}

/**
 * The section, if present, must name one kind of access control or some that may stand together, and may have a token server
 * for them.
 */
export function checkAuth(root: ConfigNode, formatOrigin: (path: KeyPath) => string): Finding[] {
  const auth = nodeAt(root, ['auth']);
  if (auth === undefined || !(auth instanceof MapNode || isNull(auth))) return [];
  const names = auth instanceof MapNode ? [...auth.entries.keys()] : [];
  const mistyped = mistypedNames('auth', names, AUTH_NAMES);
  if (mistyped.length > 0) return mistyped;
  if (names.length === 0) {
    return [
      { path: ['auth'], message: 'names no kind of access control; name one, or write auth: none to allow everyone' },
    ];
  }
  const controllers = controllersIn(root);
  const areTogether = TOGETHER.some((kinds) => controllers.every((name) => kinds.includes(name)));
  const several = { section: 'auth', what: 'kinds of access control', known: AUTH_NAMES, formatOrigin };
  return [
    ...(areTogether ? checkNames(root, controllers) : severalNames(controllers, several)),
    ...checkTokenServer(root, controllers),
  ];
}

/** Whoever can choose a claim could otherwise choose to be a user of the password file. */
function checkNames(root: ConfigNode, controllers: readonly string[]): Finding[] {
  const path = ['auth', 'oidc', 'issuers'];
  const issuers = nodeAt(root, path);
  if (controllers.length < 2 || !(issuers instanceof ListNode)) return [];
  return issuers.items.flatMap((issuer, index): Finding[] => {
    const username = nodeAt(issuer, ['username']);
    const hasPrefix = username instanceof ScalarNode && !username.text.startsWith('${');
    const shared = nodeAt(issuer, ['sharednames']);
    const isMeant = shared instanceof ScalarNode && shared.value === true;
    if (username === undefined || hasPrefix || isMeant) return [];
    const message =
      'can name the users of the password file; put a text before it, such as "oidc/${sub}", or set sharednames: true';
    return [{ path: [...path, index, 'username'], message }];
  });
}

/** The kinds of access control in the section: all that is there, except the embedded token server. */
function controllersIn(root: ConfigNode): string[] {
  return entriesAt(root, ['auth']).flatMap(([name, node]) => (name === 'token' && isTokenServer(node) ? [] : [name]));
}
