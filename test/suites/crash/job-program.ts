// Runs the jobs of a storage and undoes deletions, until it is killed: node job-program.js <folder> <keepMs> <resumes>
import { setTimeout as delay } from 'node:timers/promises';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { type CheckpointStore, MemoryCheckpoint } from '../../../core/jobs/checkpoint-store.ts';
import { Retention } from '../../../core/jobs/retention.ts';
import { parseReference, parseRepositoryName } from '../../../core/model/reference.ts';
import { RepositoryRetention } from '../../../core/retention/repository-retention.ts';
import { JobStore } from '../../../core/storage/job-store.ts';
import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { openTrash } from '../../../server/composition/open-trash.ts';
import { collectGarbage } from '../../helpers/core/collect-garbage.ts';
import { composeCore, composeCoreWithTrash } from '../../helpers/core/core-parts.ts';
import { jobRun } from '../../helpers/core/job-run.ts';
import { retentionRule } from '../../helpers/core/retention-rules.ts';
import { scrubbed } from '../../helpers/core/scrub-parts.ts';
import { type CallSite, DriverWrapper } from '../../helpers/drivers/driver-wrapper.ts';
import { OldFiles } from '../../helpers/drivers/old-files.ts';
import type { JobAnswer, JobOrder } from './job-process.ts';

/** Kills its own process before one of its calls. */
class MortalDriver extends DriverWrapper {
  callsLeft = Number.POSITIVE_INFINITY;

  protected override around<Result>(_: CallSite, action: () => Promise<Result>): Promise<Result> {
    this.callsLeft -= 1;
    if (this.callsLeft < 0) process.kill(process.pid, 'SIGKILL');
    return action();
  }
}

/** Takes a moment for each call, in which others work. */
class SlowDriver extends DriverWrapper {
  isSlow = false;

  protected override async around<Result>(_: CallSite, action: () => Promise<Result>): Promise<Result> {
    if (this.isSlow) await delay(CALL_MS);
    return action();
  }
}

const CALL_MS = 2;
const RULES = [retentionRule({ tags: ['nightly-*'], keep: { newest: 2 } })];
const [, , rootFolder = '', keepText, resumesText] = process.argv;
const keepMs = Number(keepText);
const driver = new MortalDriver(
  await FilesystemDriver.open({ rootFolder, maxCalls: 100, warn: (text) => void process.stderr.write(`${text}\n`) }),
);
const slow = new SlowDriver(driver);
const compose = (storage: StorageDriver) =>
  keepMs > 0 ? composeCoreWithTrash(storage, { keepMs }) : composeCore(storage);
const core = compose(driver);
const collecting = compose(new OldFiles(slow));
const undeleting = new Set<Promise<void>>();
let resumed = Promise.withResolvers<void>();

const tell = (answer: JobAnswer): void => void process.send?.(answer);

process.on('message', (order: JobOrder) => {
  if (order.kind === 'undelete') {
    const undone = undelete(order).finally(() => undeleting.delete(undone));
    undeleting.add(undone);
    return;
  }
  driver.callsLeft = order.diesAfter ?? Number.POSITIVE_INFINITY;
  resumed.resolve();
});

async function undelete({ id, repository, tag }: Extract<JobOrder, { kind: 'undelete' }>): Promise<void> {
  const problem = await openTrash(core.container, { keepMs })
    .undeleter.undelete(parseRepositoryName(repository), parseReference(tag), { isForced: false })
    .then(
      () => undefined,
      (error: unknown) => String(error),
    );
  tell({ kind: 'undeleted', id, problem });
}

/** The grace is over when no request runs any more that began before the candidates were published. */
async function grace(): Promise<void> {
  slow.isSlow = true;
  tell({ kind: 'waiting' });
  await resumed.promise;
  resumed = Promise.withResolvers();
  core.blobs.collections.expire();
  await Promise.all(undeleting);
}

async function collect(checkpoint: CheckpointStore): Promise<void> {
  const waits: Promise<void>[] = [];
  const meanwhile = async (): Promise<void> => {
    waits.push(grace());
    await Promise.all(waits);
  };
  const report = await collectGarbage(collecting, { deletesUntagged: true, meanwhile, checkpoint });
  // It does not wait if it has found nothing.
  if (waits.length === 0) await grace();
  slow.isSlow = false;
  await checkpoint.clear();
  tell({ kind: 'collected', report });
}

async function retain(): Promise<void> {
  const load = async () => core.container.get(RepositoryRetention);
  const job = new Retention(
    { catalog: core.catalog, load, manifests: core.manifests },
    { rules: RULES, isProtected: () => false },
  );
  tell({ kind: 'retained', report: await job.run(jobRun()) });
}

async function scrub(): Promise<void> {
  tell({ kind: 'scrubbed', report: (await scrubbed(core)).report });
}

const stored = core.container.get(JobStore).checkpoint('gc');
for (let isFirst = true; ; isFirst = false) {
  const started = resumed.promise;
  const others = started.then(() => Promise.all([retain(), scrub()]));
  // Only a collection that an earlier process has begun can be resumed.
  await collect(resumesText === 'true' || !isFirst ? stored : new MemoryCheckpoint());
  await others;
}
