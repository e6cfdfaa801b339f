import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { danglingLinks } from '../../helpers/core/copy-parts.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { digestOf, OCI_MANIFEST, type Registry } from '../../helpers/http/with-registry.ts';
import { brokenRules } from '../../helpers/invariants/broken-rules.ts';
import { type StoredFiles, storedFiles } from '../../helpers/invariants/stored-files.ts';
import { startNode } from '../../helpers/processes/run-process.ts';
import { Random } from '../simulation/random.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const CLI = join(import.meta.dirname, '../../../bundle/bin.js');
/** A copy that changed nothing is complete; a few passes suffice. */
const MAX_PASSES = 10;
const KILLS = 12;
const OLD_IMAGES = 40;
const MAX_REQUESTS = 60;
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** What clients were told to be stored: what each tag points to, by repository and tag. */
type Acknowledged = Map<string, string>;

async function pushed(registry: Registry, place: string, layer: string): Promise<string> {
  const [name = '', tag = ''] = place.split(' ');
  return registry.pushImage(name, tag, layer);
}

/** Whether an image can be pulled with every byte; throws when the registry is gone. */
async function isWhole(registry: Registry, place: string, digest: string): Promise<boolean> {
  const [name = '', tag = ''] = place.split(' ');
  const manifest = await registry.ask('GET', `/v2/${name}/manifests/${tag}`, { headers: { Accept: OCI_MANIFEST } });
  if (manifest.status !== 200 || digestOf(manifest.text) !== digest) return false;
  const { config, layers } = JSON.parse(manifest.text) as Record<'config', { digest: string }> & {
    layers: { digest: string }[];
  };
  for (const blob of [config, ...layers]) {
    const answer = await registry.ask('GET', `/v2/${name}/blobs/${blob.digest}`);
    if (answer.status !== 200 || digestOf(answer.text) !== blob.digest) return false;
  }
  return true;
}

/** Pulls and pushes until the server is killed in the middle of it. */
async function useUntilKilled(
  t: ExecutionContext,
  server: ServerProcess,
  { acknowledged, random }: { acknowledged: Acknowledged; random: Random },
): Promise<void> {
  let left = 1 + random.below(MAX_REQUESTS);
  const uncertain = new Set<string>();
  const lane = async (): Promise<void> => {
    for (;;) {
      const place = random.pick([...acknowledged.keys()]);
      const digest = acknowledged.get(place) ?? '';
      try {
        if (random.below(3) > 0) {
          const whole = await isWhole(server.registry, place, digest);
          if (!whole && acknowledged.get(place) === digest && !uncertain.has(place))
            t.fail(`${place} has lost ${digest}`);
        } else {
          const target = random.below(2) === 0 ? place : `team/new t${random.below(1000)}`;
          if (uncertain.has(target)) continue;
          uncertain.add(target);
          acknowledged.set(target, await pushed(server.registry, target, `layer ${random.below(2 ** 31)}`));
          uncertain.delete(target);
        }
      } catch {
        return;
      }
      left -= 1;
      if (left === 0) void server.kill();
    }
  };
  await Promise.all([lane(), lane(), lane()]);
  await server.kill();
  // Nobody was told how these pushes ended.
  for (const place of uncertain) acknowledged.delete(place);
}

async function filesOf(t: ExecutionContext, rootFolder: string): Promise<StoredFiles> {
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 100, warn: (text) => t.log(text) });
  return await storedFiles(driver);
}

test(`${KILLS} kills of a registry and of the copy in the middle of a move lose nothing, and the move is completed`, async (t) => {
  t.log(`CRASH_SEED=${seed} npm run test:crash`);
  const random = new Random(seed);
  const folder = await tempRoot(t);
  const [oldFolder, newFolder] = ['old', 'new'].map((name) => join(folder, name)) as [string, string];
  for (const path of [oldFolder, newFolder]) await mkdir(path);
  const acknowledged: Acknowledged = new Map();
  const old = await startServer(t, oldFolder);
  for (let index = 0; index < OLD_IMAGES; index += 1) {
    const place = `team/app${index % 4} v${index}`;
    // Each fifth is copied in pieces.
    const bytes = index % 5 === 0 ? 1_500_000 : random.below(100_000);
    acknowledged.set(place, await pushed(old.registry, place, `old layer ${index} ${'.'.repeat(bytes)}`));
  }
  await old.kill();

  const { root } = old.registry;
  const storage = { copyfrom: { filesystem: { rootdirectory: root } } };
  const written = (filesystem: object, others: object = {}): string =>
    JSON.stringify({ version: 0.1, storage: { filesystem, ...others }, http: { addr: ':0' } });
  const [from, to] = [join(folder, 'from.yml'), join(folder, 'to.yml')];
  await writeFile(from, written({ rootdirectory: root }));
  await writeFile(to, written({ rootdirectory: join(newFolder, 'root') }, storage));
  for (let kill = 0; kill < KILLS; kill += 1) {
    const server = await startServer(t, newFolder, { storage });
    const copy = startNode([CLI, 'copy-storage', '--rate', '2MB', from, to]);
    await useUntilKilled(t, server, { acknowledged, random });
    copy.signal('SIGKILL');
    await copy.finished;
  }

  let isComplete = false;
  for (let passes = 0; !isComplete && passes < MAX_PASSES; passes += 1) {
    const { code, stdout, stderr } = await startNode([CLI, 'copy-storage', from, to]).finished;
    t.is(code, 0, stderr);
    isComplete = stdout.endsWith('nothing was missing in the target\n');
  }
  t.true(isComplete);
  await rename(root, `${root}-gone`);
  const moved = await startServer(t, newFolder);
  t.true(acknowledged.size > OLD_IMAGES / 2);
  const lost: string[] = [];
  for (const [place, digest] of acknowledged) if (!(await isWhole(moved.registry, place, digest))) lost.push(place);
  t.deepEqual(lost, []);
  const files = await filesOf(t, moved.registry.root);
  // A push that was killed may leave a link to bytes that never came, which counts as no blob; a tag comes last.
  const tags = danglingLinks(files).filter((path) => path.includes('/_manifests/tags/'));
  t.deepEqual([...brokenRules(files), ...tags], []);
});
