import type { IncomingMessage, ServerResponse } from 'node:http';
import { REGISTRY } from '../core/di.ts';
import { prepareDigests } from '../core/digest/digest.ts';
import type { StorageDriver } from '../core/driver/index.ts';
import { changeEvent } from '../core/events/change-event.ts';
import { EventDispatch } from '../core/events/event-dispatch.ts';
import { NotifyingRegistry } from '../core/events/notifying-registry.ts';
import { type EmitEvent, eventOf } from '../core/events/registry-events.ts';
import { RegistryError } from '../core/model/errors.ts';
import type { TokenProvider } from '../core/ports/token-provider.ts';
import { OpenAccess } from '../plugins/auth/open.ts';
import { guardTags } from '../plugins/authorization/policy-tags.ts';
import type { Coordination } from '../plugins/coordination/coordination.ts';
import type { RedisSettings } from '../plugins/coordination/redis/redis-settings.ts';
import { wrapRegistry } from '../plugins/loading/wrap-registry.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { coreContainer } from './composition/core-container.ts';
import { keepingDeletions } from './composition/keep-deletions.ts';
import { keepingTagHistory } from './composition/keep-tag-history.ts';
import { LateRegistry } from './composition/late-registry.ts';
import { loadDriverAndPlugins } from './composition/load-plugins.ts';
import type { OperatorLog } from './composition/logger.ts';
import { openAccess } from './composition/open-access.ts';
import { openAccessLog } from './composition/open-access-log.ts';
import type { AdministrationDependencies } from './composition/open-administration.ts';
import { openAudit } from './composition/open-audit.ts';
import { openCoordination } from './composition/open-coordination.ts';
import { createJobs } from './composition/open-jobs.ts';
import { openPullRecording } from './composition/open-pull-recording.ts';
import { readSchema1Key } from './composition/schema-1-key.ts';
import type { LoadedConfiguration } from './config/index.ts';
import type { Readiness } from './health/readiness.ts';
import { startHealth } from './health/start-health.ts';
import { type HttpSettings, toHttpSettings } from './http/http-settings.ts';
import { namingKey } from './http/listen-error.ts';
import { RunningRequests } from './http/running-requests.ts';
import { systemClock } from './jobs/clock.ts';
import { JobSchedules } from './jobs/job-schedule.ts';
import { InstanceAnnouncement } from './lifecycle/instance-announcement.ts';
import { createMetrics, type ShareMetrics } from './metrics/create-metrics.ts';
import type { OpenAdministration } from './routes/admin-routes.ts';
import { createApp } from './routes/app.ts';

/** What a registry is opened with. */
export interface AnsweringDependencies {
  readonly log: OperatorLog;
  /** Releases everything that is opened. */
  readonly stack: AsyncDisposableStack;
  readonly redis: RedisSettings | undefined;
  /** Aborts the opening. */
  readonly signal?: AbortSignal | undefined;
  /** What several processes share; absent in a single process. */
  readonly shared?: { readonly coordination: Coordination; readonly shareMetrics: ShareMetrics } | undefined;
}

/** A registry that answers requests. The owner of the connections passes requests to it. */
export interface AnsweringRegistry {
  /** Answers a request; settles when the response is complete, possibly after the connection has closed. Errors are handled inside. */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** The requests that are being answered. */
  readonly running: RunningRequests;
  readonly readiness: Readiness;
  /** Change on a reload. */
  readonly settings: HttpSettings;
  readonly tokens: TokenProvider;
  readonly audit: AuditLog;
  /** Whether every client may do everything. */
  readonly isOpen: boolean;
  /** Starts the configured jobs. */
  readonly startJobs: () => JobSchedules;
}

/**
 * Opens everything that a configuration asks for except a server: storage, plugins, health checks, routes. The composition root of
 * every registry that answers requests.
 * @throws Error that says what prevents it
 */
export async function openAnsweringRegistry(
  loaded: LoadedConfiguration,
  { log, stack, redis, shared, signal }: AnsweringDependencies,
): Promise<AnsweringRegistry> {
  await prepareDigests();
  const { configuration } = loaded;
  const schema1 = await readSchema1Key(loaded);
  const coordination = await openCoordination({ redis, log, stack, local: shared?.coordination });
  const late = new LateRegistry();
  const loading = { log, stack, redis, coordination, registry: late, serves: true, signal };
  const plugins = await loadDriverAndPlugins(loaded, loading);
  signal?.throwIfAborted();
  const { driver, metrics: driverMetrics, ports } = plugins;
  if (shared !== undefined) requireShared(driver);
  const { metricsPath } = configuration.http;
  const hasMetrics = metricsPath !== undefined && driverMetrics !== undefined;
  const share = shared?.shareMetrics;
  const metrics = hasMetrics ? createMetrics(metricsPath, { driver, driverMetrics, share }) : undefined;
  const settings = toHttpSettings(configuration);
  const isReadOnly = (): boolean => settings.readOnly || settings.storageReadOnly;
  const starting = startHealth(configuration, { driver, log, isReadOnly, metrics, stack });
  const readiness = await namingKey(loaded, 'http.debug.addr', starting);
  const [cache] = ports['descriptor-cache'];
  const descriptors = cache && (metrics?.cache.counting(cache) ?? cache);
  const { validation } = configuration;
  const keepDeletions = await keepingDeletions(configuration.storage);
  const keepTagHistory = await keepingTagHistory(configuration.storage);
  const keeping = { keepDeletions, keepTagHistory };
  const core = coreContainer({ driver, log, validation, schema1, descriptors, coordination, ...keeping });
  const recordPulls = await openPullRecording(configuration, { core, isReadOnly, log, stack });
  const events = stack.use(new EventDispatch(ports['event-sink'], { log }));
  const guarded = guardTags(core.get(REGISTRY), { policy: () => settings.policy, locks: coordination.locks });
  const wrapped = await wrapRegistry(guarded, plugins.registryWrappers);
  const registry = events.hasSinks ? new NotifyingRegistry(wrapped, events) : wrapped;
  late.become(registry);
  const audit = openAudit(loaded, { log, sinks: events, metrics: metrics?.audit }, stack);
  const access = ports['access-controller'];
  const { controller, extensions: ofAccess } = await openAccess(loaded, {
    ...{ access, settings, driver, coordination, audit, log, stack },
  });
  const [tokens] = ports['token-provider'];
  const extensions = [...ofAccess, ...ports['route-extension']];
  const writeRequest = openAccessLog(configuration.log, log);
  const parts = { registry, controller, tokens, extensions, readiness, metrics: metrics?.http };
  let started: Pick<AdministrationDependencies, 'jobs' | 'schedules'> | undefined;
  const openAdministration: OpenAdministration = async () => {
    if (started === undefined) throw new RegistryError('UNAVAILABLE', { reason: 'the registry is starting' });
    const opening = await import('./composition/open-administration.ts');
    const { broadcast } = coordination;
    const announce: EmitEvent = (...happened) => events.publish(eventOf(...happened));
    const opened = { ...started, broadcast, core, loaded, settings, log };
    return opening.openServingAdministration({ ...opened, announce, registry });
  };
  const services = { ...parts, log, audit, writeRequest, openAdministration };
  const handle = createApp(services, settings).callback();
  const running = new RunningRequests();
  return {
    answer: (request, response) => {
      const handled = handle(request, response);
      running.add(handled);
      return handled;
    },
    running,
    readiness,
    settings,
    tokens,
    audit,
    isOpen: access[0] instanceof OpenAccess && settings.policy === undefined,
    startJobs: () => {
      const tokenKeys = async () => (await import('./composition/open-signing-keys.ts')).keyFileIds(loaded);
      // With Redis there are other instances, probably.
      if (redis !== undefined && driver.capabilities.shared)
        stack.use(new InstanceAnnouncement(configuration, { driver, settings, log, tokenKeys }));
      const jobs = createJobs(loaded, {
        core,
        log,
        metrics: metrics?.jobs,
        isReadOnly,
        onChanged: (change) => events.publish(changeEvent(change)),
        settings,
        changing: { registry, audit },
        recordPulls,
        scrubObservers: metrics === undefined ? [] : [metrics.scrub],
      });
      const schedules = stack.use(new JobSchedules(jobs.jobs, { runner: jobs.runner, clock: systemClock, log }));
      started = { jobs, schedules };
      return schedules;
    },
  };
}

function requireShared({ name, capabilities }: StorageDriver): void {
  if (capabilities.shared) return;
  throw new Error(
    `http.workers: the storage driver "${name}" keeps its content inside one process; set http.workers to 1, or ` +
      'choose a driver whose content all processes see',
  );
}
