import { KINDS } from '../../../plugins/kinds/index.ts';
import { namesIn } from '../../../plugins/kinds/plugin-family.ts';
import type { Finding, KeyPath } from '../engine/problem.ts';
import { anything, options, section, setting } from '../engine/schema.ts';
import { type ConfigNode, entriesAt, isNull, MapNode, nodeAt } from '../engine/tree.ts';
import { checkTokenServer, isTokenServer, tokenServer } from './auth-token-server.ts';
import { mistypedNames, type PluginChoice, severalNames, toChoice } from './plugin-choice.ts';

/** The access controllers of distribution and ours, to recognise typing mistakes. */
const AUTH_NAMES: readonly string[] = namesIn(KINDS['access-controller']);

export const auth = setting(section({ token: setting(section({ embedded: tokenServer }, anything), {}) }, options), {
  guarded: true,
  kept: 'set',
  names: AUTH_NAMES,
  description: 'exactly one kind of access control, with its options; without it, the registry is open to all',
});

/** `undefined` when the registry is open to everybody. */
export function toAuth(root: ConfigNode): PluginChoice | undefined {
  const [name] = controllersIn(root);
  return name === undefined || name === 'none' ? undefined : toChoice(root, 'auth', name);
}

/** The section, if present, must name exactly one kind of access control, and may have a token server for it. */
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
  return [
    ...severalNames(controllers, { section: 'auth', what: 'kinds of access control', known: AUTH_NAMES, formatOrigin }),
    ...checkTokenServer(root, controllers),
  ];
}

/** The kinds of access control in the section: all that is there, except the embedded token server. */
function controllersIn(root: ConfigNode): string[] {
  return entriesAt(root, ['auth']).flatMap(([name, node]) => (name === 'token' && isTokenServer(node) ? [] : [name]));
}
