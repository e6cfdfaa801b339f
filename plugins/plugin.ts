import type { BindingModule } from '../core/di.ts';
import type { OptionsSchema, PluginContext } from '../core/driver/index.ts';
import type { PluginKinds } from '../core/ports/index.ts';

/**
 * The version of the plugin contract in this package. Definitions of contract 1 are taken as well; those of any other
 * version are refused. In contract 1, access controllers saw only the `Authorization` header and granted
 * `{ user }`, and the metrics of driver wrappers were called `figures`.
 */
export const PLUGIN_CONTRACT = 2;

/** The kinds of plugins other than storage drivers, which have a definition of their own. */
export type PluginKind = keyof PluginKinds;

/**
 * What plugins bring, by kind. The module of a plugin binds the port of its kind, and may bind others beside it;
 * docs/plugins/write-a-plugin.md has the table of all kinds, with their tokens and with the keys that name them.
 *
 * What is bound and has `Symbol.asyncDispose` or `Symbol.dispose` is disposed when the registry stops; after ten
 * seconds it is not waited for any longer.
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
   * Gives the bindings, made of options that `options` has parsed. They are loaded into a container of this plugin's
   * own, in whose classes `REGISTRY` itself and its `LOGGER`, `LOCKS` and `BROADCAST` can be injected: lines of the log
   * carry the name of the plugin, and its locks and subjects are apart from all others. Nothing is shared with other
   * plugins. Whatever can be wrong with the options (a file that is missing, a key that does not parse) fails here, not
   * with the first request. `context.signal` is aborted when the start is given up, also while the ports are made and
   * while a wrapper wraps.
   * @throws Error whose message tells the operator what to do; the registry does not start
   */
  readonly module: (options: Options, context: PluginContext) => Promise<BindingModule> | BindingModule;
}

/** Gives a plugin definition its types; changes nothing. */
export function definePlugin<Options>(definition: PluginDefinition<Options>): PluginDefinition<Options> {
  return definition;
}
