import type { PortTypes } from '../../core/di.ts';
import type { PluginKind } from '../plugin.ts';
import type { PluginFamily } from './plugin-family.ts';

/** A kind of plugins: how they are found, what they must bind, and how many there can be. */
export interface KindContract extends PluginFamily {
  readonly kind: PluginKind;
  readonly token: keyof PortTypes;
  /** The name of the token in `stowage/plugin`. */
  readonly tokenName: string;
  /** `one`: a second plugin of the kind is a conflict; `many`: all are used, in the order of the configuration. */
  readonly allows: 'one' | 'many';
  /** The keys that name any plugin of this kind, in addition to `plugins`, which names those of every kind. */
  readonly keys?: readonly string[];
  /** The reasons why the bound value is not that port; empty when it is. */
  readonly problems: (port: unknown) => string[];
}

/** The types that members of an object must have. */
export type Members = ReadonlyMap<PropertyKey, 'string' | 'function' | 'object'>;

/** `its <what> lacks a, b`, or no entry. */
export function missingMembers(what: string, value: unknown, members: Members): string[] {
  const isObject = (typeof value === 'object' || typeof value === 'function') && value !== null;
  const missing = [...members].filter(([key, type]) => {
    const member: unknown = isObject ? Reflect.get(value, key) : undefined;
    return typeof member !== type || member === null;
  });
  return missing.length === 0 ? [] : [`its ${what} lacks ${missing.map(([key]) => String(key)).join(', ')}`];
}

/** Members that are methods. */
export function methods(...names: readonly PropertyKey[]): Members {
  return new Map(names.map((name) => [name, 'function']));
}
