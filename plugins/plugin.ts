import type { BindingModule } from '../core/di.ts';
import type { OptionsSchema, PluginContext } from '../core/driver/index.ts';

/** The version of the plugin contract in this package; a definition of another one is refused. */
export const PLUGIN_CONTRACT = 1;

/**
 * What a plugin brings. Its module binds the port of that name:
 *
 * | kind | binds | configured under |
 * | --- | --- | --- |
 * | `access-controller` | `ACCESS_CONTROLLER` | `auth:` |
 * | `driver-wrapper` | `DRIVER_WRAPPER` | `middleware.storage:` |
 * | `token-provider` | `TOKEN_PROVIDER` | `http:` (upload tokens) |
 */
export type PluginKind = 'access-controller' | 'driver-wrapper' | 'token-provider';

/** A plugin as its package default-exports it. Storage drivers have a definition of their own. */
export interface PluginDefinition<Options = unknown> {
  readonly kind: PluginKind;
  /** Lower-case words, `-` between them; the key in the configuration. */
  readonly name: string;
  /** {@link PLUGIN_CONTRACT} of the version it was written for. */
  readonly contract: number;
  readonly options: OptionsSchema<Options>;
  /**
   * Gives the bindings, made of options that `options` has parsed. Whatever can be wrong with them (a file
   * that is missing, a key that does not parse) fails here, not with the first request.
   * @throws Error whose message tells the operator what to do; the registry does not start
   */
  readonly module: (options: Options, context: PluginContext) => Promise<BindingModule> | BindingModule;
}

/** Gives a plugin definition its types; changes nothing. */
export function definePlugin<Options>(definition: PluginDefinition<Options>): PluginDefinition<Options> {
  return definition;
}
