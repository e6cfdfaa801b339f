import type { PluginContext } from '../../core/driver/index.ts';
import type { RedisSettings } from '../../plugins/coordination/redis/redis-settings.ts';
import type { DriverPlace } from '../../plugins/loading/load-driver.ts';
import type { PluginRequest } from '../../plugins/loading/load-plugin.ts';
import type { NamePattern } from '../../plugins/patterns/name-pattern.ts';
import type { PluginKind } from '../../plugins/plugin.ts';
import { formatKey, type ListedPlugin, type LoadedConfiguration } from '../config/index.ts';
import { pluginPlace } from './plugin-place.ts';

/** The plugins of a configuration, in the form that the loader needs. */
export interface PluginRequests {
  readonly driver: { readonly name: string; readonly options: unknown; readonly place: DriverPlace };
  /** Those of `middleware.storage`, in its order. */
  readonly wrappers: readonly PluginRequest[];
  /** Those of `middleware.registry`, then those of `middleware.repository`, each in its order. */
  readonly registryWrappers: readonly RegistryWrapperRequest[];
  /** Counts the calls of the driver unless one of the others does; absent without metrics. */
  readonly meter: PluginRequest | undefined;
  /** Those of `plugins`. */
  readonly plugins: readonly PluginRequest[];
  /** Those that a key of their own asks for, and those that every registry has, by kind. */
  readonly configured: ConfiguredPlugins;
}

/** What wraps the registry, or some of its repositories. */
export interface RegistryWrapperRequest extends PluginRequest {
  readonly kind: 'registry-wrapper';
  /** Absent: the whole registry. */
  readonly repositories?: readonly NamePattern[] | undefined;
}

/** A plugin that stands under a key of its own, or that a registry has without being asked. */
export interface ConfiguredPlugin<Kind extends PluginKind = PluginKind> extends PluginRequest {
  readonly kind: Kind;
  /** It is a default: a plugin under `plugins` replaces it. A configured one would be a conflict instead. */
  readonly isDefault: boolean;
  /** Its options are made of other keys than its own, which are checked where they stand. */
  readonly isDerived: boolean;
}

/** By kind, in the order of the configuration. */
export type ConfiguredPlugins = { readonly [Kind in PluginKind]?: ReadonlyArray<ConfiguredPlugin<Kind>> };

/** What a plugin gets in addition to its options. */
export interface RequestDependencies
  extends Pick<PluginContext, 'warn' | 'debug'>,
    Pick<PluginRequest, 'services' | 'signal'> {
  /** There when the configuration has the section and its files can be used. */
  readonly redis: RedisSettings | undefined;
}

/** Reads which plugins the configuration asks for. */
export function pluginRequests(
  loaded: LoadedConfiguration,
  { warn, debug, redis, services, signal }: RequestDependencies,
): PluginRequests {
  const { plugins, registryWrappers, storage, http } = loaded.configuration;
  const at = (section: string): PlacedRequest => ({ ...pluginPlace(loaded, section), warn, debug, services, signal });
  const listed = ({ at: key, name, options }: ListedPlugin): PluginRequest => ({
    name,
    options,
    ...at(key),
    optionsAt: `${key}.options`,
  });
  const { name, options } = storage.driver;
  return {
    driver: { name, options, place: at(formatKey(['storage', name])) },
    wrappers: storage.wrappers.map((choice) => ({ ...listed(choice), kind: 'driver-wrapper' })),
    registryWrappers: registryWrappers.map(({ repositories, ...choice }) => ({
      ...listed(choice),
      kind: 'registry-wrapper',
      repositories,
    })),
    // Its summaries in the log are for those who list it.
    meter:
      http.metricsPath === undefined
        ? undefined
        : { name: 'metrics', options: {}, ...at('http.debug.prometheus'), debug: undefined },
    plugins: plugins.map(listed),
    configured: configuredPlugins(loaded, at, redis),
  };
}

/** A request without the name, the options and the kind. */
type PlacedRequest = Omit<PluginRequest, 'name' | 'options' | 'kind'>;

function configuredPlugins(
  { configuration: { auth, http, storage } }: LoadedConfiguration,
  at: (section: string) => PlacedRequest,
  redis: RedisSettings | undefined,
): ConfiguredPlugins {
  const controllers = auth.length > 0 ? auth : [{ name: 'none', options: {} }];
  const cache = storage.descriptorCache;
  const maxAgeMs = http.maxTokenAgeMs;
  return {
    'access-controller': controllers.map(({ name, options }) => ({
      kind: 'access-controller',
      ...{ name, options },
      ...at(formatKey(['auth', name])),
      isDefault: auth.length === 0,
      isDerived: false,
    })),
    'token-provider': [
      {
        kind: 'token-provider',
        ...(http.tokenProvider === 'redis'
          ? { name: 'redis', options: { redis, maxAgeMs } }
          : { name: 'hmac', options: { secrets: http.secrets, maxAgeMs } }),
        ...at('http'),
        isDefault: true,
        isDerived: true,
      },
    ],
    ...(cache && {
      'descriptor-cache': [
        {
          kind: 'descriptor-cache',
          ...(cache === 'redis' ? { name: 'redis', options: { redis } } : { name: 'inmemory', options: cache }),
          ...at('storage.cache.blobdescriptor'),
          isDefault: false,
          isDerived: cache === 'redis',
        },
      ],
    }),
  };
}
