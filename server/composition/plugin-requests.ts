import type { PluginContext } from '../../core/driver/index.ts';
import type { RedisSettings } from '../../plugins/coordination/redis/redis-settings.ts';
import type { DriverPlace } from '../../plugins/loading/load-driver.ts';
import type { PluginRequest } from '../../plugins/loading/load-plugin.ts';
import { formatKey, type ListedPlugin, type LoadedConfiguration } from '../config/index.ts';
import { pluginPlace } from './plugin-place.ts';

/** The plugins of a configuration, as the loader wants to have them. */
export interface PluginRequests {
  readonly driver: { readonly name: string; readonly options: unknown; readonly place: DriverPlace };
  /** Those of `middleware.storage`, in its order. */
  readonly wrappers: readonly PluginRequest[];
  /** Counts the calls of the driver unless one of the others does; absent where nobody asks for the figures. */
  readonly meter: PluginRequest | undefined;
  /** Those of `plugins`. */
  readonly plugins: readonly PluginRequest[];
  readonly accessController: PluginRequest & { readonly kind: 'access-controller' };
  /** Whether the configuration asks for the access controller itself. */
  readonly hasAccessControl: boolean;
  readonly descriptorCache: (PluginRequest & { readonly kind: 'descriptor-cache' }) | undefined;
  /** What makes tokens unless a plugin does. */
  readonly tokenProvider: PluginRequest & { readonly kind: 'token-provider' };
}

/** What a plugin is told, and told with. */
export interface RequestDependencies extends Pick<PluginContext, 'warn' | 'debug'> {
  /** There when the configuration has the section and its files can be used. */
  readonly redis: RedisSettings | undefined;
}

/** Reads which plugins the configuration asks for. */
export function pluginRequests(
  loaded: LoadedConfiguration,
  { warn, debug, redis }: RequestDependencies,
): PluginRequests {
  const { auth = { name: 'none', options: {} }, http, plugins, storage } = loaded.configuration;
  const at = (section: string): DriverPlace => ({ ...pluginPlace(loaded, section), warn, debug });
  const listed = ({ at: key, name, options }: ListedPlugin): PluginRequest => ({
    name,
    options,
    ...at(key),
    optionsAt: `${key}.options`,
  });
  const { name, options } = storage.driver;
  const cache = storage.descriptorCache;
  return {
    driver: { name, options, place: at(formatKey(['storage', name])) },
    wrappers: storage.wrappers.map((choice) => ({ ...listed(choice), kind: 'driver-wrapper' })),
    // Its summaries in the log are for those who list it.
    meter:
      http.metricsPath === undefined
        ? undefined
        : { name: 'metrics', options: {}, ...at('http.debug.prometheus'), debug: undefined },
    plugins: plugins.map(listed),
    accessController: { kind: 'access-controller', ...auth, ...at(formatKey(['auth', auth.name])) },
    hasAccessControl: loaded.configuration.auth !== undefined,
    descriptorCache: cache && {
      kind: 'descriptor-cache',
      ...(cache === 'redis' ? { name: 'redis', options: { redis } } : { name: 'inmemory', options: cache }),
      ...at('storage.cache.blobdescriptor'),
    },
    tokenProvider: {
      kind: 'token-provider',
      ...(http.tokenProvider === 'redis'
        ? { name: 'redis', options: { redis, maxAgeMs: http.maxTokenAgeMs } }
        : { name: 'hmac', options: { secrets: http.secrets, maxAgeMs: http.maxTokenAgeMs } }),
      ...at('http'),
    },
  };
}
