import { setTimeout as delay } from 'node:timers/promises';
import { DriverError } from '../driver/index.ts';
import { isCollectionId } from '../registry/local/collection/collection-id.ts';
import type { Collection, Collector, Completed, Search, Signs } from '../registry/local/collection/collector.ts';
import { type UntaggedOptions, UntaggedTimes } from '../registry/local/collection/untagged-times.ts';
import { MIN_GRACE_MS } from '../storage/collection/collection-guard.ts';
import type { UntaggedStore } from '../storage/collection/untagged-store.ts';
import type { KeptDeletions } from '../trash/kept-deletions.ts';
import { CollectionProgress } from './collection-progress.ts';
import type { Job, JobRun } from './job.ts';
import { JobUnsupportedError } from './job-unsupported-error.ts';

/** How often a waiting run gives a sign of life, in milliseconds. */
const SIGN_EVERY_MS = 5_000;
/** The report names at most so many repositories. */
const MAX_REPORTED = 50;

/** What may be removed. */
export interface GarbageCollectionOptions {
  /** How long content stays that nothing refers to, in milliseconds; at least {@link MIN_GRACE_MS}. */
  readonly graceMs: number;
  /** Whether manifests go that have no tag, belong to no index and refer to no manifest that stays. */
  readonly deletesUntagged: boolean;
  /** How long such manifests stay, and where that is recorded; absent: not at all. */
  readonly untagged?: { readonly store: UntaggedStore; readonly afterMs: UntaggedOptions['afterMs'] } | undefined;
  /** What was deleted and can come back; what has been there for its time is removed first. */
  readonly trash?: Pick<KeptDeletions, 'empty' | 'sizeSwept'> | undefined;
  /** Called with what was found, before anything is removed. */
  readonly onFound?: ((search: Search) => void) | undefined;
  /** Resolves after `ms` milliseconds; rejects with the reason of the signal. Default: a timer. */
  readonly wait?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

/** A run with its stages. */
interface Collecting extends JobRun {
  readonly stages: CollectionProgress;
  readonly signs: Signs;
}

/** What a run did; in a dry run, what it would do. */
export interface GarbageCollectionReport {
  readonly repositories: number;
  readonly manifests: number;
  /** Blobs and manifests that were stored before. */
  readonly contents: number;
  readonly removedContents: number;
  readonly freedBytes: number;
  readonly removedLinks: number;
  readonly removedManifests: number;
  readonly removedRepositories: number;
  /** Contents that nothing refers to and that are younger than the grace. */
  readonly young: number;
  /** Contents that requests relied on while they were about to be removed. */
  readonly kept: number;
  /** Repositories that keep everything, because a manifest is damaged or has an unknown form. */
  readonly unclear: readonly string[];
  /** The bytes that repositories had of what was removed; the first 50. Content of several counts for each. */
  readonly freedFrom: Readonly<Record<string, number>>;
  /** Deleted tags and manifests, and swept files, whose time in the trash was over; with a trash only. */
  readonly trashRemoved?: number;
  /** The bytes that this has freed; what the run has swept is in the trash, so `freedBytes` are not free yet. */
  readonly trashFreedBytes?: number;
  /** The bytes of swept content that are in the trash after the run. */
  readonly trashBytes?: number;
}

/**
 * Removes content that nothing refers to, while the registry serves. Runs may overlap: the one that begins last ends the
 * others, and of several that begin at once one continues. The work is done in rounds of at most 200 000 candidates.
 */
export class GarbageCollection implements Job<GarbageCollectionReport> {
  readonly name = 'gc';
  readonly summary = 'removes blobs that no manifest needs, while the registry serves';
  readonly changes = true;
  readonly #collector: Collector;
  readonly #options: GarbageCollectionOptions;

  constructor(collector: Collector, options: GarbageCollectionOptions) {
    this.#collector = collector;
    this.#options = { ...options, graceMs: Math.max(MIN_GRACE_MS, options.graceMs) };
  }

  async run(run: JobRun): Promise<GarbageCollectionReport> {
    if (!this.#collector.isPossible)
      throw new JobUnsupportedError('lists of the storage may be out of date, so nothing can be removed safely');
    const progress = new CollectionProgress(run.progress);
    const { onStep } = progress;
    const collecting = { ...run, stages: progress, signs: { signal: run.signal, onStep } };
    try {
      const { trash } = this.#options;
      // First, so that what they needed is garbage.
      const removed = await trash?.empty({ ...collecting.signs, dryRun: run.dryRun });
      const report = run.dryRun ? wouldRemove(await this.#search(collecting)) : await this.#collect(collecting);
      if (trash === undefined || removed === undefined) return report;
      const { bytes } = await trash.sizeSwept(collecting.signs);
      return { ...report, trashRemoved: removed.items, trashFreedBytes: removed.bytes, trashBytes: bytes };
    } catch (error) {
      if (!DriverError.is(error, 'not-supported')) throw error;
      throw new JobUnsupportedError('the storage is read-only, so nothing can be removed', { cause: error });
    }
  }

  async #collect(run: Collecting): Promise<GarbageCollectionReport> {
    const { log, checkpoint, signs } = run;
    const begun = begunIn(await checkpoint.load());
    const putBack = await this.#collector.endOthers(begun?.id, signs);
    if (putBack > 0) log.info({ job: this.name, files: putBack }, 'put back what an earlier run had set aside');
    let found: Figures | undefined;
    const results: Completed[] = [];
    let collection = begun && (await this.#collector.resume(begun.id, signs));
    // Other clocks may have written the time, so a resumed run waits for the shortest grace in any case.
    let waitMs = begun === undefined ? 0 : Math.max(MIN_GRACE_MS, begun.atMs + this.#options.graceMs - Date.now());
    for (;;) {
      if (collection === undefined) {
        const search = await this.#search(run);
        found ??= figuresOf(search);
        if (search.sizes.size === 0 && search.untagged.length === 0 && search.remains.length === 0) break;
        collection = await this.#begin(run, search);
        waitMs = this.#options.graceMs;
      }
      await this.#wait(run, waitMs);
      results.push(
        await this.#collector.complete(collection, {
          ...this.#options,
          signal: run.signal,
          onStep: run.stages.complete(),
          untagged: this.#untagged(run),
        }),
      );
      const { isCut } = collection.candidates;
      collection = undefined;
      if (!isCut) break;
    }
    return { ...(found ?? NOTHING_FOUND), ...removedBy(results) };
  }

  async #search(run: Collecting): Promise<Search> {
    const search = await this.#collector.search({
      ...this.#options,
      signal: run.signal,
      onStep: run.stages.search(),
      untagged: this.#untagged(run),
    });
    this.#options.onFound?.(search);
    for (const repository of search.marks.unclear)
      run.log.warn({ job: this.name, repository }, 'everything of a repository stays: one of its manifests is unclear');
    return search;
  }

  #untagged({ dryRun }: JobRun): UntaggedTimes | undefined {
    const { untagged } = this.#options;
    return untagged && new UntaggedTimes(untagged.store, { afterMs: untagged.afterMs, dryRun });
  }

  async #begin({ log, checkpoint, signs }: Collecting, search: Search): Promise<Collection> {
    const collection = await this.#collector.begin(search, signs);
    await checkpoint.save({ collection: collection.id, atMs: Date.now() });
    const [candidates, seconds] = [search.sizes.size + search.untagged.length, this.#options.graceMs / 1000];
    log.info({ job: this.name, candidates, seconds }, 'garbage found; it stays for the grace');
    return collection;
  }

  /** Waits, and gives signs of life. */
  async #wait({ signal, stages }: Collecting, ms: number): Promise<void> {
    const wait = this.#options.wait ?? ((part, ends) => delay(part, undefined, { signal: ends }));
    for (let left = ms; left > 0; left -= SIGN_EVERY_MS) {
      stages.wait(left);
      await wait(Math.min(left, SIGN_EVERY_MS), signal);
      signal.throwIfAborted();
    }
  }
}

function begunIn(checkpoint: unknown): { readonly id: string; readonly atMs: number } | undefined {
  if (typeof checkpoint !== 'object' || checkpoint === null) return undefined;
  const { collection: id, atMs } = checkpoint as Record<string, unknown>;
  return typeof id === 'string' && isCollectionId(id) && typeof atMs === 'number' ? { id, atMs } : undefined;
}

type Figures = Pick<GarbageCollectionReport, 'repositories' | 'manifests' | 'contents' | 'young' | 'unclear'>;

/** A resumed run that does not search again. */
const NOTHING_FOUND: Figures = { repositories: 0, manifests: 0, contents: 0, young: 0, unclear: [] };

function figuresOf({ marks, contents, young }: Search): Figures {
  const { repositories, manifests, unclear } = marks;
  return { repositories, manifests, contents, young, unclear: unclear.slice(0, MAX_REPORTED) };
}

function wouldRemove(search: Search): GarbageCollectionReport {
  const sizes = [...search.sizes.values()].filter((size) => size !== undefined);
  return {
    ...figuresOf(search),
    removedContents: sizes.length,
    freedBytes: sizes.reduce((all, size) => all + size, 0),
    removedLinks: search.links,
    removedManifests: search.untagged.length,
    removedRepositories: 0,
    kept: 0,
    freedFrom: {},
  };
}

function removedBy(results: readonly Completed[]): Omit<GarbageCollectionReport, keyof Figures> {
  const sum = (value: (result: Completed) => number): number => results.reduce((all, each) => all + value(each), 0);
  const freed = new Map<string, number>();
  for (const { bytesOf } of results)
    for (const [name, bytes] of bytesOf) freed.set(name, (freed.get(name) ?? 0) + bytes);
  const most = [...freed].sort(([, one], [, other]) => other - one).slice(0, MAX_REPORTED);
  return {
    removedContents: sum(({ blobs }) => blobs),
    freedBytes: sum(({ bytes }) => bytes),
    removedLinks: sum(({ links }) => links),
    removedManifests: sum(({ untagged }) => untagged.length),
    removedRepositories: sum(({ repositories }) => repositories),
    kept: sum(({ kept }) => kept),
    freedFrom: Object.fromEntries(most),
  };
}
