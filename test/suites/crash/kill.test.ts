import { setImmediate } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { parseRepositoryName } from '../../../core/model/reference.ts';
import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { composeCore } from '../../helpers/core/core-parts.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { lostPushes, type Push } from '../../helpers/invariants/acknowledged.ts';
import { brokenRules } from '../../helpers/invariants/broken-rules.ts';
import { storedFiles } from '../../helpers/invariants/stored-files.ts';
import { Random } from '../simulation/random.ts';
import {
  fetchOver,
  goOn,
  isHalfDone,
  isUntouched,
  Ledger,
  pushUntilGone,
  REPOSITORIES,
  repeatLast,
} from './pushing-client.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const KILLS = 75;
const LANES = 4;
const MAX_STEPS = 50;
const MAX_TURNS = 300;
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/**
 * Pushes until the server is killed: at a random answer to one client or shortly after a request that ends an upload, in
 * the middle of the requests of others.
 */
async function killWhilePushing(server: ServerProcess, random: Random): Promise<Ledger> {
  const reached = Promise.withResolvers<void>();
  let stepsLeft = 1 + random.below(MAX_STEPS);
  const awaited = random.pick(['answer', 'end'] as const);
  const ledger = new Ledger((step) => {
    stepsLeft -= 1;
    if (stepsLeft <= 0 && step === awaited) reached.resolve();
  });
  const lane = random.below(2 ** 31).toString(36);
  const lanes = Array.from({ length: LANES }, (_, index) =>
    pushUntilGone(server.registry, { ledger, random: new Random(random.below(2 ** 31)), lane: `${lane}-${index}` }),
  );
  const pushing = Promise.all(lanes);
  await Promise.race([reached.promise, pushing]);
  for (let turns = random.below(MAX_TURNS); turns > 0; turns -= 1) await setImmediate();
  await server.kill();
  await pushing;
  return ledger;
}

async function brokenFiles(t: ExecutionContext, rootFolder: string): Promise<string[]> {
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 100, warn: (text) => t.log(text) });
  return brokenRules(await storedFiles(driver));
}

/** The tags that a list shows and that nobody can pull. */
async function tornTags(t: ExecutionContext, rootFolder: string): Promise<string[]> {
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 100, warn: (text) => t.log(text) });
  const { tagStore } = composeCore(driver);
  const torn: string[] = [];
  for (const repository of REPOSITORIES.map(parseRepositoryName)) {
    for (const tag of await tagStore.list(repository, { limit: Number.POSITIVE_INFINITY })) {
      if ((await tagStore.get(repository, tag)) === undefined) torn.push(`${repository}:${tag}`);
    }
  }
  return torn;
}

// Most clients repeat the very request that broke off, and only some ask for the status, which may let them send
// everything again. As long as all clients here did so, it went unnoticed that the repeated request could fail forever.
test(`${KILLS} kills in the middle of concurrent pushes and deletes of tags lose nothing that was acknowledged and leave no tag without a link, and uploads continue`, async (t) => {
  t.log(`CRASH_SEED=${seed} npm run test:crash`);
  const random = new Random(seed);
  const folder = await tempRoot(t);
  const all: Push[] = [];
  const ways = { untouched: 0, begun: 0, halfDone: 0 };
  let server = await startServer(t, folder);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const ledger = await killWhilePushing(server, random);
    t.deepEqual(await brokenFiles(t, server.registry.root), [], `after kill ${kill}`);
    server = await startServer(t, folder);
    const { registry } = server;
    t.deepEqual(await lostPushes(ledger.pushes, fetchOver(registry)), [], `after kill ${kill}`);
    for (const upload of [...ledger.open]) {
      ways[isUntouched(upload) ? 'untouched' : 'begun'] += 1;
      if (await isHalfDone(registry, upload)) ways.halfDone += 1;
      await (random.below(4) === 0 ? goOn : repeatLast)(registry, ledger, upload);
    }
    all.push(...ledger.pushes);
  }
  t.log(`${all.length} pushes were acknowledged; uploads that went on: ${JSON.stringify(ways)}`);
  t.true(all.length > KILLS && Object.values(ways).every((count) => count > 0));
  t.deepEqual(await lostPushes(all, fetchOver(server.registry)), []);
  t.deepEqual(await brokenFiles(t, server.registry.root), []);
  t.deepEqual(await tornTags(t, server.registry.root), []);
});
