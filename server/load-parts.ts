import type { StorageDriver } from '../core/driver/index.ts';
import type {
  AccessController,
  DescriptorCache,
  DriverFigures,
  EventSink,
  Logger,
  RouteExtension,
  TokenProvider,
} from '../core/ports.ts';
import { checkExtensions } from '../plugins/check-extensions.ts';
import { loadDriver } from '../plugins/load-driver.ts';
import { type LoadedPlugin, loadPlugin, type PluginRequest } from '../plugins/load-plugin.ts';
import { type WrappedDriver, wrapDriver } from '../plugins/load-wrappers.ts';
import type { PluginKind, PluginPorts } from '../plugins/plugin.ts';
import { loadError } from '../plugins/plugin-in-loading.ts';
import type { RedisSettings } from '../plugins/redis/redis-settings.ts';
import type { LoadedConfiguration } from './config/index.ts';
import { type PluginRequests, pluginRequests } from './plugin-requests.ts';
import { release } from './releasing.ts';

/** Everything that drivers and plugins bring; it belongs to the stack that it was loaded into. */
export interface PluginParts {
  /** With all wrappers, behind the guard. */
  readonly driver: StorageDriver;
  /** What its calls cost; there when the configuration asks for metrics. */
  readonly figures: DriverFigures | undefined;
  readonly controller: AccessController;
  readonly tokens: TokenProvider;
  readonly descriptors: DescriptorCache | undefined;
  readonly sinks: readonly EventSink[];
  readonly extensions: readonly RouteExtension[];
}

/** What parts are loaded with. */
export interface PartsSurroundings {
  readonly log: Logger;
  /** Releases all of it, whether loading resolves or rejects. */
  readonly stack: AsyncDisposableStack;
  /** How plugins that use Redis reach it; without a section `redis` in the configuration none does. */
  readonly redis: RedisSettings | undefined;
}

/**
 * Loads every plugin that the configuration names.
 * @throws PluginLoadError when one of them is not ready
 */
export async function loadParts(
  loaded: LoadedConfiguration,
  { log, stack, redis }: PartsSurroundings,
): Promise<PluginParts> {
  const requests = pluginRequests(loaded, {
    redis,
    warn: (message, fields = {}) => log.warn(fields, message),
    debug:
      loaded.configuration.log.level === 'debug' ? (message, fields = {}) => log.debug(fields, message) : undefined,
  });
  const { accessController, descriptorCache, tokenProvider } = requests;
  const own = <Loaded extends LoadedPlugin>(loaded: Loaded): Loaded => {
    const { noun, spec } = loaded.plugin;
    const parts = new Set<object>(Object.values(loaded.ports));
    for (const part of parts) release(stack, { who: `${noun} ${spec}`, part }, { log });
    return loaded;
  };
  const plugins: LoadedPlugin[] = [];
  for (const request of requests.plugins) plugins.push(own(await loadPlugin(request)));
  checkExtensions(plugins);
  const controller =
    theOnly('access-controller', plugins, loaded.configuration.auth && accessController) ??
    own(await loadPlugin(accessController)).ports['access-controller'];
  const tokens = theOnly('token-provider', plugins) ?? own(await loadPlugin(tokenProvider)).ports['token-provider'];
  const descriptors =
    theOnly('descriptor-cache', plugins, descriptorCache) ??
    (descriptorCache && own(await loadPlugin(descriptorCache)).ports['descriptor-cache']);
  const { driver, figures } = await openDriver(requests, plugins);
  release(stack, { who: `storage driver ${requests.driver.name}`, part: driver }, { log });
  return {
    driver,
    figures,
    controller,
    tokens,
    descriptors,
    sinks: plugins.flatMap(({ ports }) => ports['event-sink'] ?? []),
    extensions: plugins.flatMap(({ ports }) => ports['route-extension'] ?? []),
  };
}

async function openDriver(
  { driver: { name, options, place }, wrappers, meter }: PluginRequests,
  plugins: readonly LoadedPlugin[],
): Promise<WrappedDriver> {
  return wrapDriver(await loadDriver(name, options, place), wrappers, { plugins, meter });
}

/** What the plugins bring of something that there can be only one of. */
function theOnly<Kind extends PluginKind>(
  kind: Kind,
  plugins: readonly LoadedPlugin[],
  configured?: PluginRequest,
): PluginPorts[Kind] | undefined {
  const [first, second] = plugins.filter(({ ports }) => ports[kind] !== undefined);
  const other = second === undefined ? configured?.at : first?.plugin.place.at;
  const last = second ?? first;
  if (last === undefined) return undefined;
  if (other !== undefined) {
    throw loadError('conflict', last.plugin, [
      `it brings the port of the kind "${kind}", which ${other} brings as well`,
    ]);
  }
  const ports: Partial<PluginPorts> = last.ports;
  return ports[kind];
}
