import { registerDigestAlgorithm } from '../../core/digest/digest.ts';
import type { StorageDriver } from '../../core/driver/index.ts';
import type { DriverMetrics } from '../../core/ports/driver-metrics.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { PacedDriver } from '../../core/storage/paced-driver.ts';
import type { Coordination } from '../../plugins/coordination/coordination.ts';
import type { RedisSettings } from '../../plugins/coordination/redis/redis-settings.ts';
import { KINDS } from '../../plugins/kinds/index.ts';
import type { KindContract } from '../../plugins/kinds/kind-contract.ts';
import { checkExtensions } from '../../plugins/loading/check-extensions.ts';
import { Failures } from '../../plugins/loading/failures.ts';
import { loadDriver } from '../../plugins/loading/load-driver.ts';
import { type LoadedPlugin, loadPlugin, type PluginRequest } from '../../plugins/loading/load-plugin.ts';
import { loadError } from '../../plugins/loading/load-step.ts';
import { loadWrappers, type WrappedDriver, wrapDriver } from '../../plugins/loading/load-wrappers.ts';
import type { LoadedRegistryWrapper } from '../../plugins/loading/wrap-registry.ts';
import type { NamePattern } from '../../plugins/patterns/name-pattern.ts';
import type { PluginKind, PluginPorts } from '../../plugins/plugin.ts';
import type { LoadedConfiguration } from '../config/index.ts';
import { copyFromRequest } from './copy-from-request.ts';
import { LateRegistry } from './late-registry.ts';
import { type ConfiguredPlugin, type PluginRequests, pluginRequests } from './plugin-requests.ts';
import { release } from './releasing.ts';

/** The driver and everything that plugins provide; owned by the stack that it was loaded into. */
export interface DriverAndPlugins {
  /** With all wrappers, behind the guard. */
  readonly driver: StorageDriver;
  /** What its calls cost; there when the configuration asks for metrics. */
  readonly metrics: DriverMetrics | undefined;
  /** The first is next to the storage. */
  readonly registryWrappers: readonly LoadedRegistryWrapper[];
  readonly ports: LoadedPorts;
}

/** What plugins bring, by kind and in the order in which it is used; of a kind that allows one there is at
 * most one, except for access controllers that stand together in the configuration. */
export type LoadedPorts = { readonly [Kind in PluginKind]: ReadonlyArray<PluginPorts[Kind]> } & {
  // Every registry has them.
  readonly [Kind in 'access-controller' | 'token-provider']: readonly [PluginPorts[Kind], ...PluginPorts[Kind][]];
};

/** The storage of a configuration. */
export interface Storage extends Pick<DriverAndPlugins, 'driver'> {
  readonly descriptors: PluginPorts['descriptor-cache'] | undefined;
}

/** What plugins and the driver are loaded with. */
export interface LoadDependencies {
  readonly log: Logger;
  /** Releases all of it, whether loading resolves or rejects. */
  readonly stack: AsyncDisposableStack;
  /** How plugins that use Redis reach it; without a section `redis` in the configuration none does. */
  readonly redis: RedisSettings | undefined;
  /** What plugins can inject beside the log. */
  readonly coordination: Coordination;
  /** What plugins get that inject the registry; unless given, one that they can never use. */
  readonly registry?: Registry;
  /**
   * Whether a registry starts to answer requests, so that what it reads in `storage.copyfrom` is copied, and access tokens if none
   * ever were. A command must not: it may be one that only reads, and tokens that are revoked or created in the old registry
   * afterwards would be missed.
   */
  readonly serves?: boolean | undefined;
  /** Gives up loading. */
  readonly signal?: AbortSignal | undefined;
}

/** What plugins bring, without wrappers around the driver. */
export interface LoadedPlugins {
  /** Those of `plugins`. */
  readonly plugins: readonly LoadedPlugin[];
  /** Those of `middleware`, then those of `plugins`. */
  readonly registryWrappers: readonly LoadedRegistryWrapper[];
  readonly ports: LoadedPorts;
}

/**
 * Loads every plugin that the configuration names, and the driver, one after the other: an unhandled error is
 * attributed to the plugin that is being loaded.
 * @throws PluginLoadError when one of them is not ready; AggregateError of such when several are not
 */
export async function loadDriverAndPlugins(
  loaded: LoadedConfiguration,
  { stack, ...dependencies }: LoadDependencies,
): Promise<DriverAndPlugins> {
  const { log, signal, serves } = dependencies;
  const plugins = await loadRequested(requestsOf(loaded, dependencies), { log, stack });
  return { ...plugins, driver: await wholeDriver(loaded, plugins, { log, stack, signal, serves }) };
}

/**
 * Loads what a command needs that works on the storage without serving it: the driver with its wrappers, the descriptor
 * cache, and those of `plugins`, which may bring either.
 * @throws PluginLoadError when one of them is not ready; AggregateError of such when several are not
 */
export async function loadStorage(
  loaded: LoadedConfiguration,
  { stack, ...dependencies }: Omit<LoadDependencies, 'registry' | 'serves'>,
): Promise<Storage> {
  const { log, signal } = dependencies;
  const requests = requestsOf(loaded, dependencies);
  const { 'descriptor-cache': caches = [] } = requests.configured;
  const needed = { ...requests, registryWrappers: [], configured: { 'descriptor-cache': caches } };
  const storage = storageOf(await loadRequested(needed, { log, stack }));
  return { ...storage, driver: await wholeDriver(loaded, storage, { log, stack, signal }) };
}

/** The driver that everything uses: with the old storage, if the configuration names one, and at the pace of jobs. */
async function wholeDriver(...parts: Parameters<typeof withOldStorage>): Promise<StorageDriver> {
  const driver = await withOldStorage(...parts);
  const [{ configuration }, , { serves }] = parts;
  const { gc, scrub } = configuration.storage;
  // A command without a limit has no requests that could go first.
  const isPaced = serves === true || gc.callsPerSecond !== undefined || scrub.callsPerSecond !== undefined;
  return isPaced ? new PacedDriver(driver) : driver;
}

/** The driver, which also has what the old storage has, if the configuration names one; otherwise nothing of it is loaded. */
async function withOldStorage(
  loaded: LoadedConfiguration,
  { driver }: Storage | DriverAndPlugins,
  dependencies: Pick<LoadDependencies, 'log' | 'stack' | 'signal' | 'serves'>,
): Promise<StorageDriver> {
  const request = copyFromRequest(loaded, (message, fields = {}) => dependencies.log.warn(fields, message));
  if (request === undefined) return driver;
  const { copyingOnRead } = await import('./copying-on-read.ts');
  return copyingOnRead(driver, request, { ...dependencies, loaded });
}

/** The part of what was loaded that commands need which do not serve. */
export function storageOf({ driver, ports }: DriverAndPlugins): Storage {
  const [descriptors] = ports['descriptor-cache'];
  return { driver, descriptors };
}

async function loadRequested(
  requests: PluginRequests,
  { log, stack }: Pick<LoadDependencies, 'log' | 'stack'>,
): Promise<DriverAndPlugins> {
  const failures = new Failures();
  const loadedPlugins = await failures.of(() => loadPlugins(requests, { log, stack }));
  const storage = await failures.of(() => openDriver(requests, loadedPlugins?.plugins ?? []));
  if (storage !== undefined) {
    release(stack, { who: `storage driver ${requests.driver.name}`, part: storage.driver }, { log });
  }
  if (loadedPlugins === undefined || storage === undefined) throw failures.all();
  const { registryWrappers, ports } = loadedPlugins;
  for (const algorithm of ports['digest-algorithm']) {
    stack.use(registerDigestAlgorithm(algorithm));
    await algorithm.resumable?.prepare('fastest');
  }
  return { ...storage, registryWrappers, ports };
}

/** Reads which plugins the configuration asks for; their messages go to the log. */
export function requestsOf(
  loaded: LoadedConfiguration,
  {
    log,
    redis,
    registry = new LateRegistry(),
    coordination: { locks, broadcast },
    signal,
  }: Omit<LoadDependencies, 'stack'>,
): PluginRequests {
  return pluginRequests(loaded, {
    redis,
    signal,
    services: { log, locks, broadcast, registry },
    warn: (message, fields = {}) => log.warn(fields, message),
    debug:
      loaded.configuration.log.level === 'debug' ? (message, fields = {}) => log.debug(fields, message) : undefined,
  });
}

/**
 * Loads everything but the driver and the wrappers of `middleware.storage`: first what `plugins` names, then the
 * wrappers of the registry, then, kind by kind in the order of `KINDS`, what has a key of its own.
 * @throws PluginLoadError when one of them is not ready; AggregateError of such when several are not
 */
export async function loadPlugins(
  requests: RequestsWithoutDriver,
  dependencies: Pick<LoadDependencies, 'log' | 'stack'>,
): Promise<LoadedPlugins> {
  const failures = new Failures();
  const loaded = await loadUsablePlugins(requests, { ...dependencies, failures });
  if (failures.errors.length > 0) throw failures.all();
  return loaded;
}

type RequestsWithoutDriver = Pick<PluginRequests, 'plugins' | 'configured' | 'registryWrappers'>;

/**
 * Does what {@link loadPlugins} does, and leaves out what is not ready: it is in `failures` afterwards. No registry runs
 * with the rest.
 */
export async function loadUsablePlugins(
  requests: RequestsWithoutDriver,
  { log, stack, failures }: Pick<LoadDependencies, 'log' | 'stack'> & { readonly failures: Failures },
): Promise<LoadedPlugins> {
  const load = async (request: PluginRequest): Promise<LoadedPlugin> => {
    const loaded = await loadPlugin(request);
    const { noun, spec } = loaded.plugin;
    const parts = new Set<object>(Object.values(loaded.ports));
    for (const part of parts) release(stack, { who: `${noun} ${spec}`, part }, { log });
    return loaded;
  };
  const plugins: LoadedPlugin[] = [];
  for (const request of requests.plugins) {
    const plugin = await failures.of(() => load(request));
    if (plugin !== undefined) plugins.push(plugin);
  }
  const registryWrappers: LoadedRegistryWrapper[] = [];
  for (const request of requests.registryWrappers) {
    const loaded = await failures.of(() => load(request));
    if (loaded !== undefined) registryWrappers.push(...registryWrappersOf(loaded, request.repositories));
  }
  registryWrappers.push(...plugins.flatMap((loaded) => registryWrappersOf(loaded)));
  await failures.of(async () => checkExtensions(plugins));
  const ports: [PluginKind, unknown[]][] = [];
  for (const contract of Object.values(KINDS)) {
    const { kind } = contract;
    const found = await failures.of(() =>
      portsOfKind(contract, plugins, { configured: requests.configured[kind], load }),
    );
    ports.push([kind, found ?? []]);
  }
  // Each has passed the contract of its kind, and the two that every registry has are among those that were asked for.
  return { plugins, registryWrappers, ports: Object.fromEntries(ports) as unknown as LoadedPorts };
}

function registryWrappersOf(
  { plugin, ports }: LoadedPlugin,
  repositories?: readonly NamePattern[],
): LoadedRegistryWrapper[] {
  const wrapper = ports['registry-wrapper'];
  return wrapper === undefined ? [] : [{ plugin, wrapper, repositories }];
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

/** What there is of a kind: what its own key asks for, and what the plugins bring. */
async function portsOfKind(
  { kind, allows }: KindContract,
  plugins: readonly LoadedPlugin[],
  {
    configured = [],
    load,
  }: {
    readonly configured: readonly ConfiguredPlugin[] | undefined;
    readonly load: (request: PluginRequest) => Promise<LoadedPlugin>;
  },
): Promise<unknown[]> {
  const brought = plugins.filter(({ ports }) => ports[kind] !== undefined);
  if (allows === 'one') refuseSecond(kind, brought, configured);
  const isReplaced = allows === 'one' && brought.length > 0;
  const loaded: LoadedPlugin[] = [];
  for (const request of isReplaced ? [] : configured) loaded.push(await load(request));
  return [...loaded, ...brought].map(({ ports }) => ports[kind]);
}

/** @throws PluginLoadError when plugins bring a second one of something that there can be only one of */
function refuseSecond(
  kind: PluginKind,
  brought: readonly LoadedPlugin[],
  configured: readonly ConfiguredPlugin[],
): void {
  const [first, second] = brought;
  const last = second ?? first;
  const other = second === undefined ? configured.find(({ isDefault }) => !isDefault)?.at : first?.plugin.place.at;
  if (last === undefined || other === undefined) return;
  throw loadError('conflict', last.plugin, [`it brings the port of the kind "${kind}", which ${other} brings as well`]);
}
