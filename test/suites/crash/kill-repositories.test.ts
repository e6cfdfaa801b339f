import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../../core/digest/digest.ts';
import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { name, tagged } from '../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../helpers/core/collect-garbage.ts';
import { composeCoreWithTrash } from '../../helpers/core/core-parts.ts';
import { fillRepository } from '../../helpers/core/repository-parts.ts';
import { OldFiles } from '../../helpers/drivers/old-files.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { brokenRules } from '../../helpers/invariants/broken-rules.ts';
import { storedFiles, withAsides } from '../../helpers/invariants/stored-files.ts';
import { atLength } from '../../helpers/running/length.ts';
import { Random } from '../simulation/random.ts';

const PROGRAM = fileURLToPath(new URL('repository-program.js', import.meta.url));
const ROUNDS = atLength({ full: 4, short: 1 });
/** The most kills of one piece of work, before it is left to end. */
const MAX_KILLS = 4;
const MAX_CALLS = 60;
const KEEP_MS = 60 * 60 * 1000;
const APP = name('team/app');
const OTHER = name('team');
const TAGS = { v1: 0, v2: 1, latest: 1, sig: 2 };
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Runs the program; resolves with whether it was killed. */
async function isKilled(root: string, what: string, calls: number): Promise<boolean> {
  const child = spawn(process.execPath, [PROGRAM, root, String(KEEP_MS), what, String(calls)], { stdio: 'inherit' });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`${what} ended with ${code ?? signal}`);
  return signal === 'SIGKILL';
}

/** Repeats a piece of work until it ends, with kills in its middle; resolves with their number. */
async function killUntilDone(
  t: ExecutionContext,
  { root, what, random, driver }: { root: string; what: string; random: Random; driver: FilesystemDriver },
): Promise<number> {
  for (let kills = 0; ; kills += 1) {
    const calls = kills < MAX_KILLS ? random.below(MAX_CALLS) : Number.MAX_SAFE_INTEGER;
    if (!(await isKilled(root, what, calls))) return kills;
    t.deepEqual(brokenRules(withAsides(await storedFiles(driver))), [], `${what}, kill ${kills}`);
  }
}

test('kills in the middle of deletes of a repository, of their return and of emptying the trash lose nothing else', async (t) => {
  t.log(`CRASH_SEED=${seed} npm run test:crash`);
  const random = new Random(seed);
  const root = await tempRoot(t);
  await using driver = await FilesystemDriver.open({ rootFolder: root, maxCalls: 100, warn: (text) => t.log(text) });
  const core = composeCoreWithTrash(new OldFiles(driver), { keepMs: KEEP_MS });
  await fillRepository(core, OTHER);
  const contents = await fillRepository(core, APP);
  const assertWhole = async (repository: typeof APP): Promise<void> => {
    const now = composeCoreWithTrash(driver, { keepMs: KEEP_MS });
    for (const [tag, index] of Object.entries(TAGS)) {
      const { bytes } = await now.registry.manifests.get(repository, tagged(tag));
      t.is(digestOf(bytes), digestOf(contents[index] as Buffer));
    }
    for (const blob of ['{}', 'one', 'two', 'signature'])
      t.true(await now.layers.exists(repository, digestOf(Buffer.from(blob))), blob);
  };
  let kills = 0;
  const work = async (what: string): Promise<void> => {
    kills += await killUntilDone(t, { root, what, random, driver });
    core.blobs.collections.expire();
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    await work('delete');
    await t.throwsAsync(core.tags.list(APP, { limit: 10, after: undefined }), { message: /NAME_UNKNOWN/ });
    await collectGarbage(core, { deletesUntagged: true });
    await work('undelete');
    await assertWhole(APP);
    await assertWhole(OTHER);
  }
  await work('delete');
  await work('empty');
  for await (const each of core.trash.repositories()) for await (const { id } of core.trash.ids(each)) t.fail(id);
  await collectGarbage(core, { deletesUntagged: true });
  await assertWhole(OTHER);
  t.log(`${kills} kills`);
  t.true(kills > 0);
});
