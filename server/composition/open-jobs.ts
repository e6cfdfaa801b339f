import { RecordedChanges } from '../../core/admin/recorded-changes.ts';
import { BROADCAST, LOCKS, STORAGE_DRIVER, TRASH } from '../../core/di.ts';
import type { RetentionDependencies, RetentionOptions } from '../../core/jobs/retention.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { LocalCatalogService } from '../../core/registry/local/catalog-service.ts';
import { Collector } from '../../core/registry/local/collection/collector.ts';
import { Explainer } from '../../core/registry/local/collection/explainer.ts';
import { ReferrerRebuilder } from '../../core/registry/local/referrer-rebuilder.ts';
import { TagCleaner } from '../../core/registry/local/tag-cleaner.ts';
import { UploadPurger } from '../../core/registry/local/upload-purger.ts';
import type { TagDecision } from '../../core/retention/decide-tags.ts';
import { ContentScrubber } from '../../core/scrub/content-scrubber.ts';
import { QuarantineReview } from '../../core/scrub/quarantine-review.ts';
import { RepositoryScrubber } from '../../core/scrub/repository-scrubber.ts';
import type { ScrubObserver } from '../../core/scrub/scrub-session.ts';
import { BlobList } from '../../core/storage/blob-list.ts';
import { UntaggedStore } from '../../core/storage/collection/untagged-store.ts';
import { JobStore } from '../../core/storage/job-store.ts';
import { LinkInspector } from '../../core/storage/link-inspector.ts';
import { ReadingInstances } from '../../core/storage-copy/copy-on-read/reading-instances.ts';
import { REMOVAL_REFUSED, REMOVAL_WAITS } from '../../core/storage-copy/copy-on-read/removal-refused.ts';
import type { LoadedConfiguration } from '../config/index.ts';
import { type HttpSettings, toHttpSettings } from '../http/http-settings.ts';
import { systemClock } from '../jobs/clock.ts';
import { type ConfiguredJobsDependencies, configuredJobs } from '../jobs/configured-jobs.ts';
import { JobRunner, type JobRunnerDependencies } from '../jobs/job-runner.ts';
import type { ConfiguredJob } from '../jobs/job-schedule.ts';
import { JOB_CANCELLATION } from '../jobs/subject.ts';
import { withoutRemoval, withRemovalWaiting } from '../jobs/without-removal.ts';
import { limitYoungGeneration } from '../jobs/young-generation.ts';
import { type CoreContainer, coreContainer } from './core-container.ts';
import { keepingDeletions } from './keep-deletions.ts';
import { COMMAND, keepingTagHistory } from './keep-tag-history.ts';
import { LateRegistry } from './late-registry.ts';
import { loadDriverAndPlugins, loadStorage, storageOf } from './load-plugins.ts';
import { createLogger } from './logger.ts';
import { type ChangingParts, openChanging, retentionParts } from './open-changing.ts';
import { openCoordination } from './open-coordination.ts';
import { replicaOpener } from './open-replica.ts';
import { upstreamOf } from './open-upstream.ts';
import { readRedis } from './redis-tls-files.ts';

/** The jobs of a configuration, and what runs them. */
export interface Jobs {
  readonly jobs: readonly ConfiguredJob[];
  readonly runner: JobRunner;
  /** The newest runs in all instances. */
  readonly store: JobStore;
}

/** The jobs of a registry that does not serve. */
export interface OpenJobs extends Jobs, AsyncDisposable {
  readonly explainer: Explainer;
  readonly core: CoreContainer;
  /** If the registry was opened as well. */
  readonly changing: ChangingParts | undefined;
  /** What the rules of retention say of the tags of a repository; empty if no rule is for it. Changes nothing. */
  readonly decideTags: (name: RepositoryName, signal: AbortSignal) => Promise<readonly TagDecision[]>;
}

/** How jobs are opened. */
export interface OpenJobsOptions
  extends Pick<ConfiguredJobsDependencies, 'onRebuilt' | 'onFound'>,
    Pick<RetentionOptions, 'onDecided'> {
  /** Hears what a scrub does. */
  readonly scrubObserver?: ScrubObserver | undefined;
  /** Instead of the configured log. */
  readonly log?: Logger;
  /** Default `false`: whether the registry is opened as well, with its wrappers and event sinks, as `retention` needs. */
  readonly opensRegistry?: boolean;
}

/** What jobs are created with. */
export interface JobsDependencies
  extends Pick<JobRunnerDependencies, 'log' | 'metrics' | 'isReadOnly'>,
    Pick<OpenJobsOptions, 'onRebuilt' | 'onFound' | 'onDecided'>,
    Pick<ConfiguredJobsDependencies, 'onChanged'>,
    Pick<RetentionDependencies, 'recordPulls'> {
  readonly settings: Pick<HttpSettings, 'policy'>;
  /** Absent: no job can delete what clients see. */
  readonly changing?: ChangingParts | undefined;
  readonly scrubObservers?: readonly ScrubObserver[];
  readonly core: CoreContainer;
}

/**
 * Opens the storage of a configuration to run jobs on it; a registry may serve it meanwhile. The composition root of
 * commands that run jobs.
 * @throws Error that says why it failed; nothing is left open
 */
export async function openJobs(
  loaded: LoadedConfiguration,
  { log: given, onRebuilt, onFound, onDecided, scrubObserver, opensRegistry = false }: OpenJobsOptions,
): Promise<OpenJobs> {
  limitYoungGeneration();
  const { log: logSettings, validation } = loaded.configuration;
  const log = await createLogger(logSettings);
  const settings = toHttpSettings(loaded.configuration);
  await using stack = new AsyncDisposableStack();
  const redis = await readRedis(loaded);
  const coordination = await openCoordination({ redis, log, stack });
  const registry = new LateRegistry();
  const dependencies = { log, stack, redis, coordination, registry };
  const plugins = opensRegistry ? await loadDriverAndPlugins(loaded, dependencies) : undefined;
  const { driver, descriptors } = plugins === undefined ? await loadStorage(loaded, dependencies) : storageOf(plugins);
  const keepDeletions = await keepingDeletions(loaded.configuration.storage);
  const keepTagHistory = await keepingTagHistory(loaded.configuration.storage, COMMAND);
  const keeping = { keepDeletions, keepTagHistory };
  const core = coreContainer({ driver, log, validation, descriptors, coordination, ...keeping });
  const changing =
    plugins && (await openChanging(loaded, { ...dependencies, core, plugins, settings, late: registry }));
  const isReadOnly = (): boolean => settings.readOnly || settings.storageReadOnly;
  const jobs = createJobs(loaded, {
    core,
    log: given ?? log,
    metrics: undefined,
    isReadOnly,
    onRebuilt,
    onFound,
    onDecided,
    settings,
    changing,
    scrubObservers: scrubObserver === undefined ? [] : [scrubObserver],
  });
  const { rules } = loaded.configuration.retention;
  const { load, isProtected } = retentionParts(core, { policy: () => settings.policy, changing });
  const resources = stack.move();
  return {
    ...jobs,
    explainer: core.get(Explainer),
    core,
    changing,
    decideTags: async (name, signal) => {
      const retention = await load();
      return retention.decide(name, { rules, isProtected }, { signal, onStep: () => undefined });
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/**
 * Creates the jobs of a configuration on a core that is open. They work on the whole storage, below registry wrappers,
 * which may hide some of it. One that deletes what clients see does so through the registry of the composition root, which
 * may refuse it, and reports what happens to it.
 */
export function createJobs(
  loaded: LoadedConfiguration,
  {
    core,
    onRebuilt,
    onFound,
    onDecided,
    onChanged,
    settings,
    changing,
    recordPulls,
    scrubObservers = [],
    ...dependencies
  }: JobsDependencies,
): Jobs {
  const { configuration } = loaded;
  const openReplica = replicaOpener(loaded, dependencies.log);
  const catalog = core.get(LocalCatalogService);
  const [purger, referrers, store] = [core.get(UploadPurger), core.get(ReferrerRebuilder), core.get(JobStore)];
  const runner = new JobRunner({ ...dependencies, store, locks: core.get(LOCKS), clock: systemClock });
  const cancelled = (text: string): void => {
    const [startedAt = '', job = ''] = text.split(' ');
    runner.cancel(job, Number(startedAt));
  };
  // A run that has missed it learns of it from the storage.
  core.get(BROADCAST).subscribe(JOB_CANCELLATION, cancelled, () => undefined);
  const [cleaner, collector] = [core.get(TagCleaner), core.get(Collector)];
  const changer = core.get(RecordedChanges);
  const scrub = {
    stored: core.get(BlobList),
    quarantine: core.get(QuarantineReview),
    content: core.get(ContentScrubber),
    links: core.get(RepositoryScrubber),
    inspector: core.get(LinkInspector),
  };
  const parts = {
    purger,
    catalog,
    referrers,
    cleaner,
    collector,
    untagged: core.get(UntaggedStore),
    changer,
    onChanged,
    onRebuilt,
    onFound,
    scrub,
    scrubObservers,
    openReplica,
    upstream: upstreamOf(loaded),
    retention: { ...retentionParts(core, { policy: () => settings.policy, changing, recordPulls }), onDecided },
    loadHistoryPruner: async () => (await import('./open-tag-history.ts')).openHistoryPruner(core),
    trash: configuration.storage.keepDeletedMs > 0 ? core.get(TRASH) : undefined,
  };
  const jobs = configuredJobs(configuration, parts);
  if (configuration.storage.copyFrom !== undefined)
    return { jobs: withoutRemoval(jobs, REMOVAL_REFUSED), runner, store };
  const others = new ReadingInstances(core.get(STORAGE_DRIVER));
  const mustWait = async (): Promise<string | undefined> => ((await others.areThere()) ? REMOVAL_WAITS : undefined);
  return { jobs: withRemovalWaiting(jobs, mustWait), runner, store };
}
