import { KINDS } from '../../../plugins/kinds/index.ts';
import { namesIn } from '../../../plugins/kinds/plugin-family.ts';
import type { Finding, KeyPath } from '../engine/problem.ts';
import { mapOf, options, setting } from '../engine/schema.ts';
import { type ConfigNode, entriesAt, isNull, MapNode, nodeAt } from '../engine/tree.ts';
import { mistypedNames, type PluginChoice, severalNames, toChoice } from './plugin-choice.ts';

/** The access controllers of distribution and ours, to recognise typing mistakes. */
const AUTH_NAMES: readonly string[] = namesIn(KINDS['access-controller']);

export const auth = setting(mapOf(options), {
  guarded: true,
  kept: 'set',
  names: AUTH_NAMES,
  description: 'exactly one kind of access control, with its options; without it, the registry is open to all',
});

/** `undefined` when the registry is open to everybody. */
export function toAuth(root: ConfigNode): PluginChoice | undefined {
  const name = entriesAt(root, ['auth'])[0]?.[0];
  return name === undefined || name === 'none' ? undefined : toChoice(root, 'auth', name);
}

/** The section, if present, must name exactly one kind of access control. */
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
  return severalNames(names, { section: 'auth', what: 'kinds of access control', known: AUTH_NAMES, formatOrigin });
}
