import test from 'ava';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { MemoryCheckpoint } from '../../../../core/jobs/checkpoint-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { imageIndex, name, pushBlob, tagged } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { jobParts } from '../../../helpers/core/job-parts.ts';
import { outcomes, scrubbed, scrubbedAnew, scrubJob } from '../../../helpers/core/scrub-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';

const REPOSITORY = name('foo/bar');
const BLOBS = 450;

async function withBlobs(core: CoreParts, count = BLOBS): Promise<Digest[]> {
  const digests: Digest[] = [];
  for (let number = 0; number < count; number += 1)
    digests.push(await pushBlob(core.layers, REPOSITORY, Buffer.from(`blob ${number}`)));
  return digests.sort();
}

test('a run that is stopped resumes near the place where it stopped, with what was found until there', async (t) => {
  const driver = new CountingDriver(new MemoryDriver());
  const core = composeCore(driver);
  const digests = await withBlobs(core);
  const [first = '' as Digest, last = '' as Digest] = [digests[0], digests.at(-1)];
  for (const digest of [first, last]) await driver.write(core.paths.blobData(digest), Buffer.from('damaged'));
  const checkpoint = new MemoryCheckpoint();
  const stopping = new AbortController();
  const onBlob = (done: number): void => {
    if (done === 300) stopping.abort(new Error('enough'));
  };
  await t.throwsAsync(scrubbedAnew(driver, { signal: stopping.signal, checkpoint, onBlob }), { message: 'enough' });
  driver.reset();
  const { report, findings } = await scrubbedAnew(driver, { checkpoint });
  const reads = driver.sites.filter(({ call, path }) => call === 'read' && path.endsWith('/data')).length;
  t.true(reads < BLOBS - 200 + 5, `${reads} reads`);
  t.deepEqual(
    findings.map(({ digest }) => digest),
    [last],
  );
  t.like(report, { blobs: BLOBS, damage: 2, actions: { quarantined: 2 } });
});

test('a run that is stopped among the links does not read the content again', async (t) => {
  const driver = new CountingDriver(new MemoryDriver());
  const core = composeCore(driver);
  const pushed = { bytes: imageIndex([]), contentType: undefined };
  await core.manifests.put(REPOSITORY, tagged('a'), pushed);
  await core.manifests.put(name('other'), tagged('a'), pushed);
  await withBlobs(core, 5);
  const gated = new GatedDriver(driver);
  const stopping = new AbortController();
  const gate = gated.holdNext(({ path }) => path === core.paths.revisionLink(REPOSITORY, digestOf(pushed.bytes)));
  const checkpoint = new MemoryCheckpoint();
  const run = scrubbedAnew(gated, { signal: stopping.signal, checkpoint });
  await gate.reached;
  stopping.abort(new Error('enough'));
  gate.open();
  await t.throwsAsync(run, { message: 'enough' });
  driver.reset();
  t.is((await scrubbedAnew(driver, { checkpoint })).report.blobs, 6);
  const reads = driver.sites.filter(({ call, path }) => call === 'read' && path.endsWith('/data'));
  t.is(reads.length, 2, 'the manifest, once for each repository');
});

for (const value of [
  'nonsense',
  { content: 'sha256:no digest', report: {} },
  { content: 'done', report: { blobs: -1 } },
  { content: 'done', report: { blobs: 1, bytes: 1, actions: {}, codes: {}, findings: [] } },
]) {
  test(`a checkpoint that says ${JSON.stringify(value)} is ignored`, async (t) => {
    const driver = new MemoryDriver();
    await withBlobs(composeCore(driver), 3);
    const checkpoint = new MemoryCheckpoint();
    await checkpoint.save(value);
    t.is((await scrubbedAnew(driver, { checkpoint })).report.blobs, 3);
  });
}

test('a run ends soon after its signal aborts, also while it waits for its budget', async (t) => {
  const driver = new MemoryDriver();
  await withBlobs(composeCore(driver), 10);
  const stopping = new AbortController();
  const progress = (): void => stopping.abort(new Error('enough'));
  const run = scrubbedAnew(driver, { signal: stopping.signal, progress, bytesPerSecond: 1 });
  await t.throwsAsync(run, { message: 'enough' });
});

test('no more blobs are read at the same time than configured', async (t) => {
  let [running, most] = [0, 0];
  class Slow extends MemoryDriver {
    override async read(...given: Parameters<MemoryDriver['read']>): ReturnType<MemoryDriver['read']> {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      const stream = await super.read(...given);
      running -= 1;
      return stream;
    }
  }
  const driver = new Slow();
  await withBlobs(composeCore(driver), 50);
  most = 0;
  await scrubbedAnew(driver, { concurrency: 3 });
  t.is(most, 3);
});

test('the log names each finding with its code, and the report the first ones', async (t) => {
  const driver = new MemoryDriver();
  const core = composeCore(driver);
  const digests = await withBlobs(core, 30);
  for (const digest of digests) await driver.write(core.paths.blobData(digest), Buffer.from('damaged'));
  const { runner, lines, store } = jobParts({ driver });
  const { signal } = new AbortController();
  const result = await runner.run(scrubJob(composeCore(driver)), { dryRun: false, signal });
  t.is(result.outcome, 'completed');
  const logged = lines.filter(({ code }) => code === 'content-damaged');
  t.deepEqual(
    logged.map(({ digest }) => digest),
    digests,
  );
  t.like(logged[0], { job: 'scrub', action: 'quarantined' });
  const report = (await store.lastRun('scrub'))?.report as { findings: readonly unknown[]; codes: object };
  t.is(report.findings.length, 20);
  t.deepEqual(report.codes, { 'content-damaged': 30 });
});

test('a read-only registry is verified by a dry run only', async (t) => {
  const driver = new MemoryDriver();
  const core = composeCore(driver);
  const [digest = '' as Digest] = await withBlobs(core, 1);
  await driver.write(core.paths.blobData(digest), Buffer.from('damaged'));
  const { runner } = jobParts({ driver, isReadOnly: () => true });
  const { signal } = new AbortController();
  const job = scrubJob(composeCore(driver));
  t.is((await runner.run(job, { dryRun: false, signal })).outcome, 'read-only');
  t.like(await runner.run(job, { dryRun: true, signal }), { outcome: 'completed', report: { damage: 1 } });
});

test('only damage counts as a problem', async (t) => {
  const driver = new MemoryDriver();
  const core = composeCore(driver);
  const job = scrubJob(core);
  t.false(job.foundProblems((await scrubbed(core)).report));
  const [digest = '' as Digest] = await withBlobs(core, 1);
  await driver.write(core.paths.blobData(digest), Buffer.from('damaged'));
  t.true(job.foundProblems((await scrubbed(core)).report));
  const { report } = await scrubbed(core);
  t.deepEqual(outcomes({ report, findings: report.findings }), ['content-quarantined none']);
  t.false(job.foundProblems(report));
});
