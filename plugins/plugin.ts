import type { BindingModule } from '../core/di.ts';
import type { OptionsSchema, PluginContext } from '../core/driver/index.ts';
import type { PluginKinds } from '../core/ports/index.ts';

/**
 * The version of the plugin contract in this package. Definitions of contract 1 are also accepted; any other version is
 * rejected. In contract 1, access controllers saw only the `Authorization` header and granted `{ user }`, and the
 * metrics of driver wrappers were called `figures`.
 */
export const PLUGIN_CONTRACT = 2;

/** The kinds of plugins except storage drivers, which have their own definition. */
export type PluginKind = keyof PluginKinds;

/**
 * The ports of plugins, by kind. The module of a plugin binds the port of its kind, and may bind other objects as well;
 * docs/plugins/write-a-plugin.md has the table of all kinds, with their tokens and with the keys that name them.
 *
 * Bound objects with `Symbol.asyncDispose` or `Symbol.dispose` are disposed when the registry stops, which waits at
 * most ten seconds for them.
 */
export type PluginPorts = { readonly [Kind in PluginKind]: PluginKinds[Kind]['port'] };

/** A plugin as its package default-exports it. */
export interface PluginDefinition<Options = unknown> {
  readonly kind: PluginKind;
  /** Lower-case words, `-` between them; the key in the configuration. */
  readonly name: string;
  /** {@link PLUGIN_CONTRACT} of the version it was written for. */
  readonly contract: number;
  readonly options: OptionsSchema<Options>;
  /**
   * Returns the bindings for the options that `options` has parsed. They are loaded into a separate container of this
   * plugin, in whose classes `REGISTRY` and the plugin's own `LOGGER`, `LOCKS` and `BROADCAST` can be injected: log
   * lines carry the name of the plugin, and its locks and subjects are separate from all others. Nothing is shared with
   * other plugins. Anything that can be wrong with the options, such as a missing file or a malformed key, must fail
   * here, not with the first request. `context.signal` aborts when the start is given up, also while ports are created
   * and while a wrapper wraps.
   * @throws Error whose message tells the operator what to do; the registry does not start
   */
  readonly module: (options: Options, context: PluginContext) => Promise<BindingModule> | BindingModule;
}

/** Returns the definition unchanged; it only adds types. */
export function definePlugin<Options>(definition: PluginDefinition<Options>): PluginDefinition<Options> {
  return definition;
}
