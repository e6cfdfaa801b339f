import type { RequestListener } from 'node:http';
import type { Coordination } from '../plugins/coordination/coordination.ts';
import { openAnsweringRegistry } from './answering-registry.ts';
import { createLogger, type LogSettings, type OperatorLog } from './composition/logger.ts';
import { readRedis } from './composition/redis-tls-files.ts';
import { type LoadedConfiguration, settleAll } from './config/index.ts';
import { handleProblem } from './health/handle-probe.ts';
import { maxHandlesOfConnections } from './http/handle-limit.ts';
import { listen, localUrl } from './http/listen.ts';
import { namingKey } from './http/listen-error.ts';
import { tuneHeap } from './http/minor-gc.ts';
import { createNodeServer } from './http/node-server.ts';
import { QuietMemory } from './http/quiet-memory.ts';
import { Drain } from './lifecycle/drain.ts';
import { LiveSettings } from './lifecycle/live-settings.ts';
import {
  type ReloadableSettings,
  readReloadableSettings,
  withReloadableSettings,
} from './lifecycle/reloadable-settings.ts';
import { reportConfiguration } from './lifecycle/report-configuration.ts';
import type { RunningRegistry } from './lifecycle/running-registry.ts';
import { startReport } from './lifecycle/start-up-message.ts';
import { warnOfOpenRegistry } from './lifecycle/warn-of-open-registry.ts';
import type { ShareMetrics } from './metrics/create-metrics.ts';

/** A registry in this process. */
export interface ListeningRegistry extends RunningRegistry {
  /** Where it listens, for example `http://127.0.0.1:5000`. */
  readonly address: string;
  /** Marks it as not ready and asks clients to reconnect; requests are still served. */
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

/** How a registry starts. */
export interface StartOptions {
  /** When this is one of several processes; then the primary process has reported the configuration. */
  readonly worker?: WorkerContext | undefined;
  /** Aborts the start. */
  readonly signal?: AbortSignal | undefined;
}

/** The ID of the worker that starts first; it reports what concerns all workers. */
const FIRST_WORKER = 1;

/**
 * Starts a registry: the root of a process that serves.
 * @throws Error that says why the start failed; nothing is left open
 * @throws the reason of `signal` when that is aborted before it listens
 */
export async function startRegistry(
  given: LoadedConfiguration,
  { worker, signal }: StartOptions = {},
): Promise<ListeningRegistry> {
  tuneHeap();
  const reading = worker === undefined ? readReloadableSettings(given) : Promise.resolve(worker.reloadable);
  const [reloadable, redis] = await settleAll([reading, readRedis(given)] as const);
  const loaded = withReloadableSettings(given, reloadable);
  const { configuration } = loaded;
  const { http } = configuration;
  const log = await createLoggerFor(configuration.log, worker);
  if (worker === undefined) reportConfiguration(loaded, log);
  await using stack = new AsyncDisposableStack();
  const registry = await openAnsweringRegistry(loaded, { log, stack, redis, shared: worker, signal });
  const { running, readiness, settings, tokens, audit } = registry;
  const memory = stack.use(new QuietMemory());
  const answer: RequestListener = (request, response) => {
    memory.note();
    void registry.answer(request, response);
  };
  const { server, connections } = createNodeServer(answer, {
    timeouts: http.timeouts,
    tls: reloadable.tls,
    log,
    maxHandles: maxHandlesOfConnections(),
  });
  readiness.watch('connections', () => connections.problem);
  readiness.watch('files', handleProblem);
  await namingKey(loaded, 'http.addr', listen(server, http.address));
  const address = localUrl(server, reloadable.tls === undefined ? 'http' : 'https');
  log.info({ address, storage: configuration.storage.driver.name }, 'listening');
  if (registry.isOpen && (worker === undefined || worker.id === FIRST_WORKER)) warnOfOpenRegistry(configuration, log);
  const schedules = registry.startJobs();
  const resources = stack.move();
  const live = new LiveSettings({ log, settings, tokens, server, audit }, { start: configuration });
  const drain = new Drain({ http, readiness, connections, running, schedules, log, isWorker: worker !== undefined });
  return {
    address,
    report: startReport(loaded, { address, isOpen: registry.isOpen }),
    log,
    reloadable,
    apply: async (next) => {
      const { configuration: wanted } = withReloadableSettings(loaded, next);
      await live.replace({ configuration: wanted, tls: next.tls });
    },
    reopenLogs: async () => audit.reopen(),
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
