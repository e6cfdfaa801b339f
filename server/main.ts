import type { RequestListener } from 'node:http';
import { LOCKS, REGISTRY } from '../core/di.ts';
import { prepareDigests } from '../core/digest/digest.ts';
import type { StorageDriver } from '../core/driver/index.ts';
import { EventDispatch } from '../core/events/event-dispatch.ts';
import { NotifyingRegistry } from '../core/events/notifying-registry.ts';
import type { ReferrerRebuildDependencies } from '../core/jobs/referrer-rebuild.ts';
import type { RepositoryName } from '../core/model/reference.ts';
import type { Logger } from '../core/ports/logger.ts';
import { LocalReferrerService, type RebuiltReferrers } from '../core/registry/local/referrer-service.ts';
import { UploadPurger } from '../core/registry/local/upload-purger.ts';
import { JobStore } from '../core/storage/job-store.ts';
import { type Coordination, singleProcess } from '../plugins/coordination/coordination.ts';
import { wrapRegistry } from '../plugins/loading/wrap-registry.ts';
import { type CoreContainer, coreContainer } from './composition/core-container.ts';
import { LateRegistry } from './composition/late-registry.ts';
import { loadParts, type PartsSurroundings, type PluginParts } from './composition/load-plugins.ts';
import { createLogger, type LogSettings, type OperatorLog } from './composition/logger.ts';
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
import { configuredJobs } from './jobs/configured-jobs.ts';
import { JobRunner, type JobRunnerDependencies } from './jobs/job-runner.ts';
import { type ConfiguredJob, JobSchedules } from './jobs/job-schedule.ts';
import { silentLog } from './jobs/silent-log.ts';
import { applyReload } from './lifecycle/apply-reload.ts';
import { Drain } from './lifecycle/drain.ts';
import {
  type ReloadableSettings,
  readReloadableSettings,
  withReloadableSettings,
} from './lifecycle/reloadable-settings.ts';
import { reportConfiguration } from './lifecycle/report-configuration.ts';
import type { RunningRegistry } from './lifecycle/running-registry.ts';
import { startUpMessage } from './lifecycle/start-up-message.ts';
import { createMetrics, type Metrics, type ShareMetrics } from './metrics/create-metrics.ts';
import { createApp } from './routes/app.ts';

/** A registry in this process. */
export interface ListeningRegistry extends RunningRegistry {
  /** Where it listens, for example `http://127.0.0.1:5000`. */
  readonly address: string;
  /** From now on it is not ready, and its clients are told to connect anew; requests are taken as before. */
  retire(): void;
}

/** One of several processes that serve a registry together. */
export interface WorkerPlace {
  readonly id: number;
  readonly coordination: Coordination;
  readonly shareMetrics: ShareMetrics;
  /** The reloadable settings that all of them have. */
  readonly reloadable: ReloadableSettings;
}

/**
 * Starts a registry: the composition root. Everything is put together here, and nowhere else is the container asked
 * for anything.
 * @param worker when this is not the only process; what there is to say about the configuration has then been said
 * @throws Error that says what prevents the start; nothing is left behind
 */
export async function startRegistry(given: LoadedConfiguration, worker?: WorkerPlace): Promise<ListeningRegistry> {
  tuneHeap();
  await prepareDigests();
  const reading = worker === undefined ? readReloadableSettings(given) : Promise.resolve(worker.reloadable);
  const [reloadable, redis] = await settleAll([reading, readRedis(given)] as const);
  const loaded = withReloadableSettings(given, reloadable);
  const { configuration } = loaded;
  const { http } = configuration;
  const log = createLoggerFor(configuration.log, worker);
  if (worker === undefined) reportConfiguration(loaded, log);
  await using stack = new AsyncDisposableStack();
  const coordination = await coordinationOf(worker, { redis, log, stack });
  const late = new LateRegistry();
  const parts = await loadParts(loaded, { log, stack, redis, coordination, registry: late });
  if (worker !== undefined) requireShared(parts.driver);
  const metrics = metricsOf(parts, http.metricsPath, worker);
  const settings = toHttpSettings(configuration);
  const isReadOnly = (): boolean => settings.readOnly || settings.storageReadOnly;
  const readiness = await startHealth(configuration, { driver: parts.driver, log, isReadOnly, metrics, stack });
  const core = containerFor(loaded, { parts, log, coordination });
  const { ports } = parts;
  const events = stack.use(new EventDispatch(ports['event-sink'], { log }));
  const wrapped = await wrapRegistry(core.get(REGISTRY), parts.registryWrappers);
  const registry = events.isHeard ? new NotifyingRegistry(wrapped, events) : wrapped;
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
  const { jobs, runner } = jobsOf(loaded, { core, log, metrics, isReadOnly });
  stack.use(new JobSchedules(jobs, { runner, clock: systemClock, log }));
  const resources = stack.move();
  const drain = new Drain({ http, readiness, connections, running, log, isWorker: worker !== undefined });
  return {
    address,
    message: startUpMessage({ address, loaded }),
    log,
    reloadable,
    apply: async (next) => {
      const { configuration } = withReloadableSettings(loaded, next);
      applyReload({ log, settings, tokens, server }, { configuration, tls: next.tls });
    },
    retire: () => drain.begin(),
    stop: async () => {
      await drain.finish();
      await resources.disposeAsync();
      log.info({}, 'stopped');
    },
  };
}

/**
 * Makes the entries by which subjects know their referrers, for the whole storage; a registry may run on it meanwhile.
 * @param report told of each repository when it is done
 * @throws Error that says what went wrong; what was made until then stays, and the next call resumes
 */
export async function rebuildReferrers(
  loaded: LoadedConfiguration,
  report: (name: RepositoryName, rebuilt: RebuiltReferrers) => void,
): Promise<void> {
  await using open = await openJobs(loaded, { log: silentLog, onRebuilt: report });
  const rebuild = open.jobs.find(({ job }) => job.name === 'referrer-rebuild');
  if (rebuild === undefined) throw new Error('there is no job that rebuilds referrers');
  const { signal } = new AbortController();
  const result = await open.runner.run(rebuild.job, { dryRun: false, signal, evenReadOnly: true });
  if (result.outcome === 'failed') throw result.error;
  if (result.outcome !== 'completed') throw new Error(`referrers were not rebuilt: ${result.outcome}`);
}

/** The jobs of a registry that does not serve. */
export interface OpenJobs extends AsyncDisposable {
  readonly jobs: readonly ConfiguredJob[];
  readonly runner: JobRunner;
  /** What is known of earlier runs, also those of running instances. */
  readonly store: JobStore;
}

/** How jobs are opened. */
export interface OpenJobsOptions extends Pick<ReferrerRebuildDependencies, 'onRebuilt'> {
  /** Instead of the configured log. */
  readonly log?: Logger;
}

/**
 * Puts together what runs jobs on the storage of a configuration; a registry may serve it meanwhile.
 * @throws Error that says what prevents it; nothing is left behind
 */
export async function openJobs(
  loaded: LoadedConfiguration,
  { log: given, onRebuilt }: OpenJobsOptions,
): Promise<OpenJobs> {
  const log = createLogger(loaded.configuration.log);
  const settings = toHttpSettings(loaded.configuration);
  await using stack = new AsyncDisposableStack();
  const redis = await readRedis(loaded);
  const coordination = await coordinationOf(undefined, { redis, log, stack });
  const parts = await loadParts(loaded, { log, stack, redis, coordination });
  const core = containerFor(loaded, { parts, log, coordination });
  const isReadOnly = (): boolean => settings.readOnly || settings.storageReadOnly;
  const opened = jobsOf(loaded, { core, log: given ?? log, metrics: undefined, isReadOnly, onRebuilt });
  const resources = stack.move();
  return { ...opened, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

interface JobsDependencies
  extends Pick<JobRunnerDependencies, 'log' | 'isReadOnly'>,
    Pick<OpenJobsOptions, 'onRebuilt'> {
  readonly core: CoreContainer;
  readonly metrics: Metrics | undefined;
}

function jobsOf(
  { configuration }: LoadedConfiguration,
  { core, log, metrics, isReadOnly, onRebuilt }: JobsDependencies,
): Pick<OpenJobs, 'jobs' | 'runner' | 'store'> {
  const { catalog } = core.get(REGISTRY);
  const [purger, referrers, store] = [core.get(UploadPurger), core.get(LocalReferrerService), core.get(JobStore)];
  const runner = new JobRunner({
    store,
    locks: core.get(LOCKS),
    metrics: metrics?.jobs,
    isReadOnly,
    clock: systemClock,
    log,
  });
  return { jobs: configuredJobs(configuration, { purger, catalog, referrers, onRebuilt }), runner, store };
}

function createLoggerFor({ fields, ...settings }: LogSettings, worker: WorkerPlace | undefined): OperatorLog {
  return createLogger({ ...settings, fields: worker === undefined ? fields : { ...fields, worker: worker.id } });
}

function requireShared({ name, capabilities }: StorageDriver): void {
  if (capabilities.shared) return;
  throw new Error(
    `http.workers: the storage driver "${name}" keeps its content inside one process; set http.workers to 1, or ` +
      'choose a driver whose content all processes see',
  );
}

/** What is counted, where the configuration asks for it. */
function metricsOf(
  { driver, metrics: driverMetrics }: PluginParts,
  path: string | undefined,
  worker: WorkerPlace | undefined,
): Metrics | undefined {
  if (path === undefined || driverMetrics === undefined) return undefined;
  return createMetrics(path, { driver, driverMetrics, share: worker?.shareMetrics });
}

/** What this process shares with others: with the workers of this instance, and with all instances on one Redis. */
async function coordinationOf(
  worker: WorkerPlace | undefined,
  { redis, log, stack }: Omit<PartsSurroundings, 'coordination'>,
): Promise<Coordination> {
  if (redis === undefined) return worker?.coordination ?? singleProcess();
  const { openRedisCoordination } = await import('../plugins/coordination/redis/redis-coordination.ts');
  return stack.use(await openRedisCoordination(redis, { log, local: worker?.coordination }));
}

function containerFor(
  { configuration: { validation } }: LoadedConfiguration,
  { parts, log, coordination }: { parts: PluginParts; log: Logger; coordination: Coordination },
): CoreContainer {
  const { driver, ports } = parts;
  const [descriptors] = ports['descriptor-cache'];
  return coreContainer({ driver, log, validation, descriptors, coordination });
}
