import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { ScrubFinding } from '../../../core/scrub/finding.ts';
import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { collectGarbage } from '../../helpers/core/collect-garbage.ts';
import { composeCore, composeCoreWithTrash } from '../../helpers/core/core-parts.ts';
import { scrubbed } from '../../helpers/core/scrub-parts.ts';
import { OldFiles } from '../../helpers/drivers/old-files.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { digestOf } from '../../helpers/http/with-registry.ts';
import { brokenRules } from '../../helpers/invariants/broken-rules.ts';
import { storedFiles, withAsides } from '../../helpers/invariants/stored-files.ts';
import { atLength } from '../../helpers/running/length.ts';
import { Random } from '../simulation/random.ts';
import { brokenImages, type PushedImage, pushImagesUntilGone, pushNightliesUntilGone } from './image-client.ts';
import { type JobAnswer, type JobProcess, startJobs } from './job-process.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const KILLS = atLength({ full: 100, short: 25 });
const LANES = 5;
const MAX_STEPS = 200;
const MAX_TURNS = 300;
const MAX_CALLS = 2_000;
const KEEP_MS = 60 * 60 * 1000;
/** So many older images are looked at after each kill, and all of them at the end. */
const SAMPLE = 10;
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** What one test works with. */
interface Setting {
  readonly t: ExecutionContext;
  readonly random: Random;
  readonly keeps: boolean;
  readonly images: PushedImage[];
}

/**
 * Pushes, deletes and undeletes beside the jobs, until the server is killed, and often the jobs with it: after a random
 * number of answers, or when `until` resolves.
 */
async function killWhilePushing(
  { random, keeps, images }: Setting,
  server: ServerProcess,
  { jobs, until }: { readonly jobs: JobProcess; readonly until: Promise<void> | undefined },
): Promise<void> {
  const reached = Promise.withResolvers<void>();
  let stepsLeft = 1 + random.below(MAX_STEPS);
  const onAnswer = (): void => {
    stepsLeft -= 1;
    if (stepsLeft <= 0) reached.resolve();
  };
  const { registry } = server;
  const name = random.below(2 ** 31).toString(36);
  const clients = Array.from({ length: LANES }, (_, lane) => {
    const client = { registry, jobs, keeps, images, onAnswer };
    return { ...client, name: `${name}-${lane}`, random: new Random(random.below(2 ** 31)) };
  });
  const [nightly, ...others] = clients;
  const pushing = Promise.all([
    ...(nightly === undefined ? [] : [pushNightliesUntilGone(nightly)]),
    ...others.map(pushImagesUntilGone),
  ]);
  await Promise.race([until ?? reached.promise, pushing]);
  for (let turns = random.below(MAX_TURNS); turns > 0; turns -= 1) await setImmediate();
  await Promise.all([server.kill(), ...(random.chance(0.3) ? [jobs.kill()] : [])]);
  await pushing;
}

async function brokenFiles(t: ExecutionContext, rootFolder: string): Promise<string[]> {
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 100, warn: (text) => t.log(text) });
  return brokenRules(withAsides(await storedFiles(driver)));
}

/** Collects all garbage when nothing runs; resolves with the number of contents that it has removed. */
async function collectAll(
  t: ExecutionContext,
  rootFolder: string,
  { keepMs, images }: { readonly keepMs: number; readonly images: readonly PushedImage[] },
): Promise<number> {
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 100, warn: (text) => t.log(text) });
  const old = new OldFiles(driver);
  const core = keepMs > 0 ? composeCoreWithTrash(old, { keepMs }) : composeCore(old);
  const { removedContents } = await collectGarbage(core, { deletesUntagged: true });
  t.deepEqual(brokenRules(await storedFiles(driver)), []);
  const { report } = await scrubbed(composeCore(driver));
  // A kill between the link of a manifest and its content leaves a link that counts as absent.
  const acknowledged = new Set<string>(images.map(({ manifest }) => digestOf(manifest)));
  const isHalfPushed = ({ code, digest }: ScrubFinding): boolean =>
    code === 'manifest-missing' && !acknowledged.has(digest ?? '');
  t.deepEqual(
    report.findings.filter((finding) => !isHalfPushed(finding)),
    [],
  );
  return removedContents;
}

for (const keeps of [false, true]) {
  const what = keeps ? 'collection, retention, scrub and undelete' : 'collection, retention and scrub';
  test(`${KILLS} kills in the middle of pushes, deletes, ${what} lose nothing that was acknowledged`, async (t) => {
    t.log(`CRASH_SEED=${seed} npm run test:crash`);
    const random = new Random(seed + Number(keeps));
    const folder = await tempRoot(t);
    const images: PushedImage[] = [];
    const setting = { t, random, keeps, images };
    const counts = { collections: 0, removed: 0, kept: 0, retained: 0, scrubs: 0, undeleted: 0, killedJobs: 0 };
    const onAnswer = (answer: JobAnswer): void => {
      if (answer.kind === 'undeleted' && answer.problem === undefined) counts.undeleted += 1;
      if (answer.kind === 'retained') counts.retained += answer.report.removed;
      if (answer.kind === 'scrubbed') counts.scrubs += 1;
      if (answer.kind !== 'collected') return;
      counts.collections += 1;
      counts.removed += answer.report.removedContents;
      counts.kept += answer.report.kept;
    };
    const options = { keep: keeps ? '1h' : '0s' };
    const keepMs = keeps ? KEEP_MS : 0;
    let server = await startServer(t, folder, options);
    const { root } = server.registry;
    let jobs = startJobs(t, root, { keepMs, resumes: false, onAnswer });
    let isOver = false;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = images.length;
      // Whatever began before the candidates were published has ended with the server.
      const resumes = isOver && jobs.isWaiting;
      if (resumes) jobs.resume(random.chance(0.4) ? random.below(MAX_CALLS) : undefined);
      const until = resumes && random.chance(0.5) ? jobs.collected() : undefined;
      await killWhilePushing(setting, server, { jobs, until });
      isOver = jobs.isWaiting && !jobs.hasEnded;
      server = await startServer(t, folder, options);
      if (jobs.hasEnded) {
        counts.killedJobs += 1;
        t.deepEqual(await brokenFiles(t, root), [], `after kill ${kill}`);
        jobs = startJobs(t, root, { keepMs, resumes: random.chance(0.5), onAnswer });
      }
      const older = Array.from({ length: SAMPLE }, () => random.pick(images));
      const looked = before === 0 ? images : [...images.slice(before), ...older];
      t.deepEqual(await brokenImages(server.registry, looked), [], `after kill ${kill}`);
    }
    await jobs.kill();
    await server.kill();
    counts.removed += await collectAll(t, root, { keepMs, images });
    server = await startServer(t, folder, options);
    t.deepEqual(await brokenImages(server.registry, images), []);
    t.log(`${images.length} images; ${JSON.stringify(counts)}`);
    // What is deleted and can come back is no garbage, so there is little with a trash.
    const { kept, undeleted, ...others } = counts;
    t.true([...Object.values(others), keeps ? undeleted : kept].every((count) => count > 0));
  });
}
