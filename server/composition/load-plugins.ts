import type { StorageDriver } from '../../core/driver/index.ts';
import type { AccessController } from '../../core/ports/access-controller.ts';
import type { DescriptorCache } from '../../core/ports/descriptor-cache.ts';
import type { DriverMetrics } from '../../core/ports/driver-metrics.ts';
import type { EventSink } from '../../core/ports/event-sink.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { RouteExtension } from '../../core/ports/route-extension.ts';
import type { TokenProvider } from '../../core/ports/token-provider.ts';
import type { RedisSettings } from '../../plugins/coordination/redis/redis-settings.ts';
import { checkExtensions } from '../../plugins/loading/check-extensions.ts';
import { Failures } from '../../plugins/loading/failures.ts';
import { loadDriver } from '../../plugins/loading/load-driver.ts';
import { type LoadedPlugin, loadPlugin, type PluginRequest } from '../../plugins/loading/load-plugin.ts';
import { loadError } from '../../plugins/loading/load-step.ts';
import { loadWrappers, type WrappedDriver, wrapDriver } from '../../plugins/loading/load-wrappers.ts';
import type { PluginKind, PluginPorts } from '../../plugins/plugin.ts';
import type { LoadedConfiguration } from '../config/index.ts';
import { type PluginRequests, pluginRequests } from './plugin-requests.ts';
import { release } from './releasing.ts';

/** Everything that drivers and plugins bring; it belongs to the stack that it was loaded into. */
export interface PluginParts {
  /** With all wrappers, behind the guard. */
  readonly driver: StorageDriver;
  /** What its calls cost; there when the configuration asks for metrics. */
  readonly figures: DriverMetrics | undefined;
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

/** What plugins bring, without wrappers. */
export interface LoadedPlugins extends Omit<PluginParts, 'driver' | 'figures'> {
  /** Those of `plugins`. */
  readonly plugins: readonly LoadedPlugin[];
}

/**
 * Loads every plugin that the configuration names, and the driver, one after the other: an error that a plugin leaves to
 * nobody counts as that of the one that is being loaded.
 * @throws PluginLoadError when one of them is not ready; AggregateError of such when several are not
 */
export async function loadParts(
  loaded: LoadedConfiguration,
  { log, stack, redis }: PartsSurroundings,
): Promise<PluginParts> {
  const requests = requestsOf(loaded, { log, redis });
  const failures = new Failures();
  const loadedPlugins = await failures.of(() => loadPlugins(requests, { log, stack }));
  const storage = await failures.of(() => openDriver(requests, loadedPlugins?.plugins ?? []));
  if (storage !== undefined) {
    release(stack, { who: `storage driver ${requests.driver.name}`, part: storage.driver }, { log });
  }
  if (loadedPlugins === undefined || storage === undefined) throw failures.all();
  const { plugins: _, ...parts } = loadedPlugins;
  return { ...parts, ...storage };
}

/** Reads which plugins the configuration asks for; what they say goes into the log. */
export function requestsOf(
  loaded: LoadedConfiguration,
  { log, redis }: Pick<PartsSurroundings, 'log' | 'redis'>,
): PluginRequests {
  return pluginRequests(loaded, {
    redis,
    warn: (message, fields = {}) => log.warn(fields, message),
    debug:
      loaded.configuration.log.level === 'debug' ? (message, fields = {}) => log.debug(fields, message) : undefined,
  });
}

/**
 * Loads everything but the driver and the wrappers of `middleware.storage`.
 * @throws PluginLoadError when one of them is not ready; AggregateError of such when several are not
 */
export async function loadPlugins(
  {
    accessController,
    descriptorCache,
    tokenProvider,
    ...requests
  }: Omit<PluginRequests, 'driver' | 'wrappers' | 'meter'>,
  { log, stack }: Omit<PartsSurroundings, 'redis'>,
): Promise<LoadedPlugins> {
  const failures = new Failures();
  const own = <Loaded extends LoadedPlugin>(loaded: Loaded): Loaded => {
    const { noun, spec } = loaded.plugin;
    const parts = new Set<object>(Object.values(loaded.ports));
    for (const part of parts) release(stack, { who: `${noun} ${spec}`, part }, { log });
    return loaded;
  };
  const plugins: LoadedPlugin[] = [];
  for (const request of requests.plugins) {
    const plugin = await failures.of(async () => own(await loadPlugin(request)));
    if (plugin !== undefined) plugins.push(plugin);
  }
  await failures.of(async () => checkExtensions(plugins));
  const controller = await failures.of(
    async () =>
      theOnly('access-controller', plugins, requests.hasAccessControl ? accessController : undefined) ??
      own(await loadPlugin(accessController)).ports['access-controller'],
  );
  const tokens = await failures.of(
    async () => theOnly('token-provider', plugins) ?? own(await loadPlugin(tokenProvider)).ports['token-provider'],
  );
  const descriptors = await failures.of(
    async () =>
      theOnly('descriptor-cache', plugins, descriptorCache) ??
      (descriptorCache && own(await loadPlugin(descriptorCache)).ports['descriptor-cache']),
  );
  if (failures.errors.length > 0 || controller === undefined || tokens === undefined) throw failures.all();
  return {
    plugins,
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
  const failures = new Failures();
  const driver = await failures.of(() => loadDriver(name, options, place));
  if (driver !== undefined) return wrapDriver(driver, wrappers, { plugins, meter });
  await failures.of(() => loadWrappers(wrappers));
  throw failures.all();
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
