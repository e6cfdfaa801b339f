import type { RequestListener } from 'node:http';
import { REGISTRY } from '../core/di.ts';
import { prepareDigests } from '../core/digest/digest.ts';
import type { StorageDriver } from '../core/driver/index.ts';
import { EventDispatch } from '../core/events/event-dispatch.ts';
import { NotifyingRegistry } from '../core/events/notifying-registry.ts';
import type { Coordination } from '../plugins/coordination/coordination.ts';
import { wrapRegistry } from '../plugins/loading/wrap-registry.ts';
import { coreContainer } from './composition/core-container.ts';
import { LateRegistry } from './composition/late-registry.ts';
import { loadDriverAndPlugins } from './composition/load-plugins.ts';
import { createLogger, type LogSettings, type OperatorLog } from './composition/logger.ts';
import { openCoordination } from './composition/open-coordination.ts';
import { createJobs } from './composition/open-jobs.ts';
import { readRedis } from './composition/redis-tls-files.ts';
import { type LoadedConfiguration, settleAll } from './config/index.ts';
import { handleProblem } from './health/handle-probe.ts';
import { startHealth } from './health/start-health.ts';
import { maxHandlesOfConnections } from './http/handle-limit.ts';
import { toHttpSettings } from './http/http-settings.ts';
import { listen, localUrl } from './http/listen.ts';
import { tuneHeap } from './http/minor-gc.ts';
import { createNodeServer } from './http/node-server.ts';
import { QuietMemory } from './http/quiet-memory.ts';
import { RunningRequests } from './http/running-requests.ts';
import { systemClock } from './jobs/clock.ts';
import { JobSchedules } from './jobs/job-schedule.ts';
import { Drain } from './lifecycle/drain.ts';
import { LiveSettings } from './lifecycle/live-settings.ts';
import {
  type ReloadableSettings,
  readReloadableSettings,
  withReloadableSettings,
} from './lifecycle/reloadable-settings.ts';
import { reportConfiguration } from './lifecycle/report-configuration.ts';
import type { RunningRegistry } from './lifecycle/running-registry.ts';
import { startUpMessage } from './lifecycle/start-up-message.ts';
import { createMetrics, type ShareMetrics } from './metrics/create-metrics.ts';
import { createApp } from './routes/app.ts';

/** A registry in this process. */
export interface ListeningRegistry extends RunningRegistry {
  /** Where it listens, for example `http://127.0.0.1:5000`. */
  readonly address: string;
  /** Makes it unready, and asks its clients to reconnect; it still serves requests. */
  retire(): void;
}

/** One of several processes that serve a registry together. */
export interface WorkerContext {
  readonly id: number;
  readonly coordination: Coordination;
  readonly shareMetrics: ShareMetrics;
  /** The reloadable settings that all of them have. */
  readonly reloadable: ReloadableSettings;
}

/**
 * Starts a registry: the composition root of a process that serves. Only the composition roots, here, in
 * `composition/open-jobs.ts` and in `composition/open-registry.ts`, ask the container for anything.
 * @param worker when this is one of several processes; then the primary process has reported the configuration
 * @throws Error that says what prevents the start; nothing is left open
 */
export async function startRegistry(given: LoadedConfiguration, worker?: WorkerContext): Promise<ListeningRegistry> {
  tuneHeap();
  await prepareDigests();
  const reading = worker === undefined ? readReloadableSettings(given) : Promise.resolve(worker.reloadable);
  const [reloadable, redis] = await settleAll([reading, readRedis(given)] as const);
  const loaded = withReloadableSettings(given, reloadable);
  const { configuration } = loaded;
  const { http } = configuration;
  const log = await createLoggerFor(configuration.log, worker);
  if (worker === undefined) reportConfiguration(loaded, log);
  await using stack = new AsyncDisposableStack();
  const coordination = await openCoordination({ redis, log, stack, local: worker?.coordination });
  const late = new LateRegistry();
  const plugins = await loadDriverAndPlugins(loaded, { log, stack, redis, coordination, registry: late });
  const { driver, metrics: driverMetrics, ports } = plugins;
  if (worker !== undefined) requireShared(driver);
  const { metricsPath } = http;
  const hasMetrics = metricsPath !== undefined && driverMetrics !== undefined;
  const share = worker?.shareMetrics;
  const metrics = hasMetrics ? createMetrics(metricsPath, { driver, driverMetrics, share }) : undefined;
  const settings = toHttpSettings(configuration);
  const isReadOnly = (): boolean => settings.readOnly || settings.storageReadOnly;
  const readiness = await startHealth(configuration, { driver, log, isReadOnly, metrics, stack });
  const [descriptors] = ports['descriptor-cache'];
  const core = coreContainer({ driver, log, validation: configuration.validation, descriptors, coordination });
  const events = stack.use(new EventDispatch(ports['event-sink'], { log }));
  const wrapped = await wrapRegistry(core.get(REGISTRY), plugins.registryWrappers);
  const registry = events.hasSinks ? new NotifyingRegistry(wrapped, events) : wrapped;
  late.become(registry);
  const [controller] = ports['access-controller'];
  const [tokens] = ports['token-provider'];
  const extensions = ports['route-extension'];
  const services = { registry, controller, tokens, extensions, readiness, metrics: metrics?.http, log };
  const handle = createApp(services, settings).callback();
  const running = new RunningRequests();
  const memory = stack.use(new QuietMemory());
  const answer: RequestListener = (request, response) => {
    memory.note();
    running.add(handle(request, response));
  };
  const { server, connections } = createNodeServer(answer, {
    timeouts: http.timeouts,
    tls: reloadable.tls,
    log,
    maxHandles: maxHandlesOfConnections(),
  });
  readiness.watch('connections', () => connections.problem);
  readiness.watch('files', handleProblem);
  await listen(server, http.address);
  const address = localUrl(server, reloadable.tls === undefined ? 'http' : 'https');
  log.info({ address, storage: configuration.storage.driver.name }, 'listening');
  const { jobs, runner } = createJobs(loaded, { core, log, metrics: metrics?.jobs, isReadOnly });
  const schedules = stack.use(new JobSchedules(jobs, { runner, clock: systemClock, log }));
  const resources = stack.move();
  const live = new LiveSettings({ log, settings, tokens, server }, { start: configuration });
  const drain = new Drain({ http, readiness, connections, running, schedules, log, isWorker: worker !== undefined });
  return {
    address,
    message: startUpMessage({ address, loaded }),
    log,
    reloadable,
    apply: async (next) => {
      const { configuration: wanted } = withReloadableSettings(loaded, next);
      await live.replace({ configuration: wanted, tls: next.tls });
    },
    retire: () => drain.begin(),
    stop: async () => {
      await drain.finish();
      await resources.disposeAsync();
      log.info({}, 'stopped');
    },
  };
}

function createLoggerFor(
  { fields, ...settings }: LogSettings,
  worker: WorkerContext | undefined,
): Promise<OperatorLog> {
  return createLogger({ ...settings, fields: worker === undefined ? fields : { ...fields, worker: worker.id } });
}

function requireShared({ name, capabilities }: StorageDriver): void {
  if (capabilities.shared) return;
  throw new Error(
    `http.workers: the storage driver "${name}" keeps its content inside one process; set http.workers to 1, or ` +
      'choose a driver whose content all processes see',
  );
}
