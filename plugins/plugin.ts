import type { BindingModule } from '../core/di.ts';
import type { OptionsSchema, PluginContext } from '../core/driver/index.ts';
import type { AccessController } from '../core/ports/access-controller.ts';
import type { DescriptorCache } from '../core/ports/descriptor-cache.ts';
import type { DriverWrapper } from '../core/ports/driver-wrapper.ts';
import type { EventSink } from '../core/ports/event-sink.ts';
import type { RegistryWrapper } from '../core/ports/registry-wrapper.ts';
import type { RouteExtension } from '../core/ports/route-extension.ts';
import type { TokenProvider } from '../core/ports/token-provider.ts';

/**
 * The version of the plugin contract in this package. Definitions of contract 1 are taken as well; those of any other
 * version are refused. In contract 1, access controllers saw only the `Authorization` header and granted `{ user }`.
 */
export const PLUGIN_CONTRACT = 2;

/**
 * What plugins bring, by kind. The module of a plugin binds the port of its kind, and may bind others beside it:
 *
 * | kind | binds | configured under |
 * | --- | --- | --- |
 * | `access-controller` | `ACCESS_CONTROLLER` | `auth:`, `plugins:` |
 * | `descriptor-cache` | `DESCRIPTOR_CACHE` | `storage: {cache: {blobdescriptor}}`, `plugins:` |
 * | `driver-wrapper` | `DRIVER_WRAPPER` | `middleware: {storage}`, `plugins:` |
 * | `event-sink` | `EVENT_SINK` | `plugins:` |
 * | `registry-wrapper` | `REGISTRY_WRAPPER` | `middleware: {registry, repository}`, `plugins:` |
 * | `route-extension` | `ROUTE_EXTENSION` | `plugins:` |
 * | `token-provider` | `TOKEN_PROVIDER` | `http:` (upload tokens), `plugins:` |
 *
 * What is bound and has `Symbol.asyncDispose` or `Symbol.dispose` is disposed when the registry stops; after ten seconds it
 * is not waited for any longer.
 */
export interface PluginPorts {
  readonly 'access-controller': AccessController;
  readonly 'descriptor-cache': DescriptorCache;
  readonly 'driver-wrapper': DriverWrapper;
  readonly 'event-sink': EventSink;
  readonly 'registry-wrapper': RegistryWrapper;
  readonly 'route-extension': RouteExtension;
  readonly 'token-provider': TokenProvider;
}

/** The kinds of plugins besides storage drivers, which have a definition of their own. */
export type PluginKind = keyof PluginPorts;

/** A plugin as its package default-exports it. */
export interface PluginDefinition<Options = unknown> {
  readonly kind: PluginKind;
  /** Lower-case words, `-` between them; the key in the configuration. */
  readonly name: string;
  /** {@link PLUGIN_CONTRACT} of the version it was written for. */
  readonly contract: number;
  readonly options: OptionsSchema<Options>;
  /**
   * Gives the bindings, made of options that `options` has parsed. They are loaded into a container of this plugin's own,
   * in whose classes `REGISTRY` itself and its `LOGGER`, `LOCKS` and `BROADCAST` can be injected: lines of the log carry the name of the
   * plugin, and its locks and subjects are apart from all others. Nothing is shared with other plugins. Whatever can be wrong with the options (a file that is missing, a key that does not parse) fails here, not
   * with the first request.
   * @throws Error whose message tells the operator what to do; the registry does not start
   */
  readonly module: (options: Options, context: PluginContext) => Promise<BindingModule> | BindingModule;
}

/** Gives a plugin definition its types; changes nothing. */
export function definePlugin<Options>(definition: PluginDefinition<Options>): PluginDefinition<Options> {
  return definition;
}
