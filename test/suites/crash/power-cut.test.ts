import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseReference } from '../../../core/model/reference.ts';
import type { CoreParts } from '../../helpers/core/core-parts.ts';
import { recordFileCalls } from '../../helpers/file-calls/record-file-calls.ts';
import { type FileEvent, recorder, type Sync } from '../../helpers/file-calls/recorder.ts';
import { type Image, SimulatedDisk } from '../../helpers/file-calls/simulated-disk.ts';
import { Random } from '../simulation/random.ts';
import type { Step } from './changing-client.ts';

recordFileCalls();
const { FilesystemDriver } = await import('../../../drivers/filesystem/filesystem-driver.ts');
const { composeCore } = await import('../../helpers/core/core-parts.ts');
const { FAST_DISK, tempRoot } = await import('../../helpers/drivers/temp-root.ts');
const { withRegistry } = await import('../../helpers/http/with-registry.ts');
const { fetchFrom } = await import('../../helpers/invariants/acknowledged.ts');
const { brokenRules } = await import('../../helpers/invariants/broken-rules.ts');
const { Expectations, pushAndChange } = await import('./changing-client.ts');

const RUNS = 10;
const CUTS = 100;
const CLIENTS = 4;
const IMAGES = 3;
const ALL = { limit: Infinity, after: undefined };
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** Every call of a registry to its disk while clients push, and what they were told, in one order. */
async function recordRun(t: ExecutionContext, random: Random): Promise<{ events: FileEvent[]; folder: string }> {
  const folder = await tempRoot(t, FAST_DISK);
  recorder.start();
  const registry = await withRegistry(t, { folder, storage: { filesystem: {} } });
  const clients = Array.from({ length: CLIENTS }, (_, index) => ({
    registry,
    random: new Random(random.below(2 ** 31)),
    name: `c${index}`,
    onStep: (step: Step) => recorder.note(step),
  }));
  await Promise.all(clients.map((client) => pushAndChange(client, IMAGES)));
  await registry.stop();
  const { events } = recorder;
  recorder.start();
  return { events, folder };
}

/** What is wrong after the power fails at `cuts` points of a run; the first problem of each such point. */
async function brokenCuts(
  { events, folder }: { readonly events: readonly FileEvent[]; readonly folder: string },
  { random, cuts }: { readonly random: Random; readonly cuts: number },
): Promise<string[]> {
  const points = new Set(Array.from({ length: cuts }, () => random.below(events.length + 1)));
  const disk = new SimulatedDisk(folder);
  const expectations = new Expectations();
  const broken: string[] = [];
  for (let index = 0; index <= events.length; index += 1) {
    if (points.has(index)) {
      const problems = await problemsOf(disk.afterPowerCut(random), expectations);
      if (problems.length > 0) broken.push(`after event ${index}: ${problems.join('; ')}`);
    }
    const event = events[index];
    if (event?.kind === 'note') expectations.add(event.note as Step);
    else if (event !== undefined) disk.apply(event);
  }
  return broken;
}

/** Starts a registry on what is left, and compares it with what clients were told. */
async function problemsOf(image: Image, expectations: InstanceType<typeof Expectations>): Promise<string[]> {
  const folder = await mkdtemp(join(FAST_DISK, 'stowage-cut-'));
  try {
    const rootFolder = join(folder, 'root');
    await materialize(image, folder);
    await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 100, warn: () => undefined });
    const core = composeCore(driver);
    const files = new Map<string, Buffer>();
    for (const [path, bytes] of image) if (bytes !== undefined) files.set(path.slice('/root'.length), bytes);
    return [...brokenRules(files), ...(await expectations.broken(fetchFrom(core))), ...(await tornTags(core))];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Names every tag that is listed and has no manifest. */
async function tornTags({ catalog, tags, manifests }: CoreParts): Promise<string[]> {
  const torn: string[] = [];
  for (const name of (await catalog.list(ALL)).items) {
    for (const tag of (await tags.list(name, ALL)).items) {
      await manifests
        .get(name, parseReference(tag))
        .catch((error: unknown) => torn.push(`${name}:${tag} is listed: ${String(error)}`));
    }
  }
  return torn;
}

async function materialize(image: Image, folder: string): Promise<void> {
  for (const [path, bytes] of image) {
    if (bytes === undefined) await mkdir(`${folder}${path}`, { recursive: true });
    else {
      await mkdir(dirname(`${folder}${path}`), { recursive: true });
      await writeFile(`${folder}${path}`, bytes);
    }
  }
}

test.serial(`${RUNS * CUTS} power cuts lose nothing that was acknowledged, and leave nothing torn`, async (t) => {
  t.log(`CRASH_SEED=${seed} npm run test:crash`);
  const random = new Random(seed);
  for (let run = 0; run < RUNS; run += 1) {
    const recorded = await recordRun(t, random);
    t.deepEqual(
      await brokenCuts(recorded, { random, cuts: CUTS }),
      [],
      `run ${run} of ${recorded.events.length} events`,
    );
  }
});

/** The syncs that a driver may forget: the record is then the same, but what they made durable is not. */
const FORGOTTEN: Readonly<Record<string, (sync: Sync) => boolean>> = {
  'syncs of folders': ({ call }) => call === 'fsync',
  'syncs of content': ({ call }) => call !== 'fsync',
  'syncs of folders of blobs': ({ call, opened }) => call === 'fsync' && opened.path.includes('/blobs/'),
  'syncs of new folders before they move': ({ call, opened }) => call === 'fsync' && opened.path.includes('/tmp/'),
};

for (const [what, isForgotten] of Object.entries(FORGOTTEN)) {
  test.serial(`without ${what} power cuts lose something that was acknowledged, or leave something torn`, async (t) => {
    const random = new Random(seed);
    const { events, folder } = await recordRun(t, random);
    const left = events.filter((event) => event.kind !== 'end' || !isForgotten(event.sync));
    const broken = await brokenCuts({ events: left, folder }, { random, cuts: CUTS / 2 });
    t.log(`${broken.length} of ${CUTS / 2} cuts`);
    t.true(broken.length > 0);
  });
}
