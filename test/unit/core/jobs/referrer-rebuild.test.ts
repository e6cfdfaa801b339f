import test from 'ava';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { MemoryCheckpoint } from '../../../../core/jobs/checkpoint-store.ts';
import type { JobRun } from '../../../../core/jobs/job.ts';
import { ReferrerRebuild } from '../../../../core/jobs/referrer-rebuild.ts';
import type { RepositoryName } from '../../../../core/model/reference.ts';
import { type RebuildOptions, ReferrerRebuilder } from '../../../../core/registry/local/referrer-rebuilder.ts';
import { takePage } from '../../../../core/registry/page.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { silentLog } from '../../../../server/jobs/silent-log.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { pushImage } from '../../../helpers/core/repository-parts.ts';

const NAMES = Array.from({ length: 2_500 }, (_, index) => name(`app${String(index).padStart(4, '0')}`));

const catalog = {
  list: (request: { limit: number; after: string | undefined }) =>
    takePage(request, async (limit) =>
      NAMES.filter((each) => request.after === undefined || each > request.after).slice(0, limit),
    ),
};

function runWith(checkpoint: MemoryCheckpoint, given: Partial<JobRun> = {}): JobRun {
  const { signal } = new AbortController();
  return { signal, dryRun: false, log: silentLog, checkpoint, progress: () => undefined, ...given };
}

test('every repository is rebuilt once, in however many pages, and the report adds up', async (t) => {
  const [rebuilt, told, progress]: [RepositoryName[], RepositoryName[], number[]] = [[], [], []];
  const referrers = {
    rebuild: async (each: RepositoryName) => {
      rebuilt.push(each);
      return { entries: 2, unreadable: each === NAMES[7] ? 1 : 0 };
    },
  };
  const job = new ReferrerRebuild({ catalog, referrers, onRebuilt: (each) => void told.push(each) });
  const report = await job.run(runWith(new MemoryCheckpoint(), { progress: (done) => void progress.push(done) }));
  t.deepEqual(report, { repositories: 2_500, entries: 5_000, unreadable: 1 });
  t.deepEqual(rebuilt, NAMES);
  t.deepEqual(told, NAMES);
  t.is(progress.at(-1), 2_500);
});

test('a rebuild that broke off resumes after the last completed repository', async (t) => {
  const checkpoint = new MemoryCheckpoint();
  const rebuilt: RepositoryName[] = [];
  let isBroken = true;
  const referrers = {
    rebuild: async (each: RepositoryName) => {
      if (isBroken && each === NAMES[1_200]) throw new Error('the disk is gone');
      rebuilt.push(each);
      return { entries: 1, unreadable: 0 };
    },
  };
  const job = new ReferrerRebuild({ catalog, referrers });
  await t.throwsAsync(job.run(runWith(checkpoint)), { message: 'the disk is gone' });
  isBroken = false;
  t.deepEqual(await job.run(runWith(checkpoint)), { repositories: 1_300, entries: 1_300, unreadable: 0 });
  t.deepEqual(rebuilt, NAMES);
});

test('the steps within a large repository are signs of life, and its signal is that of the run', async (t) => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const listed: unknown[] = [];
  const one = {
    list: async (_: object, context?: { readonly signal?: AbortSignal | undefined }) => {
      listed.push(context?.signal);
      return { items: NAMES.slice(0, 2), more: false };
    },
  };
  const referrers = {
    rebuild: async (_: RepositoryName, options: RebuildOptions = {}) => {
      t.is(options.signal, signal);
      options.onStep?.();
      return { entries: 1, unreadable: 0 };
    },
  };
  const progress: number[] = [];
  const run = runWith(new MemoryCheckpoint(), { signal, progress: (done) => void progress.push(done) });
  await new ReferrerRebuild({ catalog: one, referrers }).run(run);
  t.deepEqual(listed, [signal]);
  t.deepEqual(progress, [0, 1, 1, 2]);
});

test('an invalid checkpoint is ignored', async (t) => {
  const referrers = { rebuild: async () => ({ entries: 0, unreadable: 0 }) };
  for (const value of [7, null, {}, { repository: 7 }, { repository: '../x' }]) {
    const checkpoint = new MemoryCheckpoint();
    await checkpoint.save(value);
    t.like(await new ReferrerRebuild({ catalog, referrers }).run(runWith(checkpoint)), { repositories: 2_500 });
  }
});

test('a dry run writes nothing, and an abort ends a run between two repositories', async (t) => {
  const stop = new AbortController();
  const dry: (boolean | undefined)[] = [];
  const referrers = {
    rebuild: async (_: RepositoryName, { dryRun }: RebuildOptions = {}) => {
      dry.push(dryRun);
      if (dry.length === 3) stop.abort(new Error('enough'));
      return { entries: 1, unreadable: 0 };
    },
  };
  const run = runWith(new MemoryCheckpoint(), { dryRun: true, signal: stop.signal });
  await t.throwsAsync(new ReferrerRebuild({ catalog, referrers }).run(run), { message: 'enough' });
  t.deepEqual(dry, [true, true, true]);
});

test('a repository that is being deleted or renamed is skipped', async (t) => {
  const core = composeCore(new MemoryDriver());
  for (const each of ['one', 'two'].map(name)) await pushImage(core, each, { tag: 'a', layer: 'a' });
  await core.container.get(RepositoryChanger).announce({ action: 'delete', name: name('one') });
  const told: RepositoryName[] = [];
  const referrers = core.container.get(ReferrerRebuilder);
  const job = new ReferrerRebuild({ catalog: core.catalog, referrers, onRebuilt: (each) => void told.push(each) });
  await job.run(runWith(new MemoryCheckpoint()));
  t.deepEqual(told, [name('two')]);
});
