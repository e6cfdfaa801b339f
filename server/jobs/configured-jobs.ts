import type { RecordedChanges } from '../../core/admin/recorded-changes.ts';
import { GarbageCollection, type GarbageCollectionOptions } from '../../core/jobs/garbage-collection.ts';
import { ReferrerRebuild, type ReferrerRebuildDependencies } from '../../core/jobs/referrer-rebuild.ts';
import { type OnChanged, RepositoryChanges } from '../../core/jobs/repository-changes.ts';
import { Retention, type RetentionDependencies, type RetentionOptions } from '../../core/jobs/retention.ts';
import { Scrub, type ScrubDependencies } from '../../core/jobs/scrub.ts';
import { TagCleanup, type TagCleanupDependencies } from '../../core/jobs/tag-cleanup.ts';
import { TagHistoryPrune, type TagHistoryPruneDependencies } from '../../core/jobs/tag-history.ts';
import { UploadPurge } from '../../core/jobs/upload-purge.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { Collector } from '../../core/registry/local/collection/collector.ts';
import type { UploadPurger } from '../../core/registry/local/upload-purger.ts';
import { untaggedAfterMs } from '../../core/retention/untagged-rule.ts';
import type { OpenReplica } from '../../core/scrub/replica-storage.ts';
import type { ScrubObserver } from '../../core/scrub/scrub-session.ts';
import type { Upstream } from '../../core/scrub/upstream-registry.ts';
import type { UntaggedStore } from '../../core/storage/collection/untagged-store.ts';
import type { Configuration } from '../config/index.ts';
import type { ConfiguredJob } from './job-schedule.ts';
import { pacedJob } from './paced-job.ts';

/** How long an interrupted change of a repository waits for a process, in milliseconds; the look costs one driver call. */
const CHANGES_INTERVAL_MS = 15 * 60 * 1000;
/** How often old records of the history of tags are removed, in milliseconds; each run lists every tag that has some. */
const HISTORY_INTERVAL_MS = 24 * 60 * 60 * 1000;

/** What jobs work on. */
export interface ConfiguredJobsDependencies extends ReferrerRebuildDependencies, TagCleanupDependencies {
  readonly purger: UploadPurger;
  readonly collector: Collector;
  readonly untagged: UntaggedStore;
  readonly changer: RecordedChanges;
  readonly onChanged?: OnChanged | undefined;
  readonly onFound?: GarbageCollectionOptions['onFound'];
  readonly trash?: GarbageCollectionOptions['trash'];
  readonly scrub: Omit<ScrubDependencies, 'catalog'>;
  /** Opens the storage from which a scrub repairs. */
  readonly openReplica: OpenReplica | undefined;
  /** The registry from which a scrub repairs. */
  readonly upstream: Upstream | undefined;
  /** Hear what a scrub does. */
  readonly scrubObservers: readonly ScrubObserver[];
  readonly loadHistoryPruner: TagHistoryPruneDependencies['load'];
  readonly retention: Omit<RetentionDependencies, 'catalog'> & Omit<RetentionOptions, 'rules'>;
}

/** Every job that there is, one line each; those without an interval run when an operator asks for them. */
export function configuredJobs(
  { storage: { uploadPurging: purging, scrub, gc, tagHistory }, retention }: Configuration,
  {
    purger,
    collector,
    untagged,
    changer,
    onChanged,
    onFound,
    trash,
    scrub: scrubbed,
    scrubObservers: observers,
    openReplica,
    upstream,
    retention: retained,
    loadHistoryPruner: load,
    ...dependencies
  }: ConfiguredJobsDependencies,
): readonly ConfiguredJob[] {
  return [
    { job: new UploadPurge(purger, purging), intervalMs: purging.intervalMs, dryRun: purging.dryRun },
    {
      job: pacedJob(
        new GarbageCollection(collector, { ...gc, ...untaggedOptions(gc, retention, untagged), onFound, trash }),
        gc.callsPerSecond,
      ),
      intervalMs: gc.intervalMs,
      dryRun: gc.dryRun,
    },
    {
      job: pacedJob(
        new Scrub({ ...scrubbed, catalog: dependencies.catalog }, { ...scrub, observers, openReplica, upstream }),
        scrub.callsPerSecond,
      ),
      intervalMs: scrub.intervalMs,
      dryRun: scrub.dryRun,
    },
    {
      job: new Retention({ ...retained, catalog: dependencies.catalog }, { ...retained, rules: retention.rules }),
      intervalMs: retention.intervalMs,
      dryRun: retention.dryRun,
    },
    { job: new ReferrerRebuild(dependencies), dryRun: false },
    { job: new TagCleanup(dependencies), dryRun: false },
    {
      job: new TagHistoryPrune({ load }, tagHistory),
      ...(tagHistory.keepMs > 0 && { intervalMs: HISTORY_INTERVAL_MS }),
      dryRun: false,
    },
    { job: new RepositoryChanges(changer, onChanged), intervalMs: CHANGES_INTERVAL_MS, dryRun: false },
  ];
}

/** Without rules, manifests without a tag stay or go as `gc` says, and nothing is recorded. */
function untaggedOptions(
  { deletesUntagged }: Configuration['storage']['gc'],
  { untagged: rules }: Configuration['retention'],
  store: UntaggedStore,
): Pick<GarbageCollectionOptions, 'deletesUntagged' | 'untagged'> {
  if (rules.length === 0) return { deletesUntagged };
  const otherwiseMs = deletesUntagged ? 0 : undefined;
  const afterMs = (name: RepositoryName): number | undefined => untaggedAfterMs(rules, name) ?? otherwiseMs;
  return { deletesUntagged: true, untagged: { store, afterMs } };
}
