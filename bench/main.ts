import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Contender,
  registryAt,
  startDockerRegistry,
  startEarlierStowage,
  startSharingStowage,
  startStowage,
} from './contenders.ts';
import { type Content, createContent, FULL, QUICK } from './content.ts';
import { fill } from './fill.ts';
import { ITEMS, type Item } from './items.ts';
import { digestRate, settleDisk, writeRate } from './machine.ts';
import { measureMemory } from './memory/memory.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { chart } from './report/chart.ts';
import { resultsPage } from './report/markdown.ts';
import { pairedTable } from './report/paired.ts';
import { bars, ratioTable, verdictTable } from './report/speed.ts';
import { measure } from './rounds.ts';
import { measureScaling } from './scaling.ts';
import { verdicts } from './targets.ts';
import { measureWrappers } from './wrappers/wrappers.ts';

/** The folder of the sources: this file runs from `dist/bench`. */
const BENCH = join(import.meta.dirname, '../../bench');

/** Frequent requests that cost the registry more than the network. */
const SMALL_REQUESTS = ['base', 'manifest', 'blob-head', 'blob-small'];

async function run(options: BenchOptions): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(options.folder ?? tmpdir(), 'stowage-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const scale = options.quick ? QUICK : FULL;
  if (options.wrappers) return say(await measureWrappers(folder, scale, options.rounds));
  if (options.scaling) return await compareScaling({ ...options, folder });
  const contenders: Contender[] = [];
  stack.defer(async () => void (await Promise.all(contenders.map((contender) => contender.stop()))));
  contenders.push(await startStowage(folder, 1));
  if (options.sharing) return await compareSharing(contenders, { ...options, folder });
  if (options.before !== undefined) return await compareBuilds(contenders, options.before, { ...options, folder });
  contenders.push(await startStowage(folder, 'auto'));
  const debian = await startDockerRegistry(folder);
  if (debian !== undefined) contenders.push(debian);
  if (options.against !== undefined) contenders.push(registryAt(options.against));
  const content = createContent(scale);
  await fillAll(contenders, content, options);
  if (options.memory) say(await measureMemory(contenders, content));
  else await compare(contenders, content, { ...options, folder });
}

/** A single instance, and one that coordinates through Redis as several would, on one storage. */
async function compareSharing(
  contenders: Contender[],
  options: BenchOptions & { readonly folder: string },
): Promise<void> {
  const { rounds, folder, quick } = options;
  const [alone] = contenders;
  const sharing = await startSharingStowage(folder);
  if (sharing === undefined) throw new Error('this needs redis-server: apt-get install redis-server');
  contenders.push(sharing);
  const content = createContent(quick ? QUICK : FULL);
  await fillAll(contenders, content, options);
  const measurement = await measure(contenders, { items: chosenItems(options), content, folder, rounds, say });
  say(`\n${ratioTable(measurement, contenders, alone)}`);
}

/** This build and an earlier one, each in one process on its own storage. */
async function compareBuilds(
  contenders: Contender[],
  program: string,
  options: BenchOptions & { readonly folder: string },
): Promise<void> {
  const { rounds, folder, quick } = options;
  const [now] = contenders as [Contender];
  const before = await startEarlierStowage(folder, program);
  contenders.push(before);
  const content = createContent(quick ? QUICK : FULL);
  await fillAll(contenders, content, options);
  const measurement = await measure(contenders, { items: chosenItems(options), content, folder, rounds, say });
  say(`\n${pairedTable(measurement, now, before)}`);
}

/** One worker and two, each with a part of a core: items with many small requests, unless `--only` names others. */
function compareScaling(options: BenchOptions & { readonly folder: string }): Promise<void> {
  const wanted = { ...options, only: options.only.length === 0 ? SMALL_REQUESTS : options.only };
  const content = createContent(options.quick ? QUICK : FULL);
  return measureScaling({
    folder: options.folder,
    items: chosenItems(wanted),
    rounds: options.rounds,
    say,
    fill: async (contenders) => {
      await fillAll(contenders, content, wanted);
      return content;
    },
  });
}

/** Fills each root once: contenders that share a root have the same content. */
async function fillAll(contenders: readonly Contender[], content: Content, options: BenchOptions): Promise<void> {
  const items = options.memory ? [] : chosenItems(options);
  const needs = (word: string): boolean => items.some(({ id }) => id.startsWith(word));
  const { scale, referrers } = content;
  const wanted = {
    ...content,
    referrers: needs('referrers') ? referrers : [],
    scale: {
      ...scale,
      tags: needs('tags') ? scale.tags : 0,
      repositories: needs('catalog') ? scale.repositories : 0,
    },
  };
  for (const { url } of new Map(contenders.map((contender) => [contender.root, contender])).values()) {
    say(`filling ${url} …`);
    await fill(url, wanted);
  }
  await settleDisk();
}

async function compare(
  contenders: readonly Contender[],
  content: Content,
  options: BenchOptions & { readonly folder: string },
): Promise<void> {
  const { rounds, folder } = options;
  const items = chosenItems(options);
  const alone = { digestRate: digestRate(), writeRate: await writeRate(folder) };
  const measurement = await measure(contenders, { items, content, folder, rounds, say });
  const rival = contenders[2];
  const found = contenders.slice(0, 2).map((ours) => ({
    name: ours.name,
    verdicts: verdicts({ results: measurement.results, ours, rival, digestRate: alone.digestRate }),
  }));
  say(`\n${ratioTable(measurement, contenders, rival)}`);
  for (const { name, verdicts } of found) say(`\n${name}\n\n${verdictTable(verdicts)}`);
  if (!options.write) return;
  const page = { measurement, contenders, rival, found, alone, rounds };
  await writeFile(join(BENCH, 'RESULTS.md'), resultsPage(page, availableParallelism()));
  if (rival !== undefined) {
    await writeFile(join(BENCH, 'results.svg'), chart(bars(measurement, contenders, rival), rival.name));
  }
}

function chosenItems({ only }: BenchOptions): readonly Item[] {
  return ITEMS.filter(({ id }) => only.length === 0 || only.some((word) => id.includes(word)));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const options = parseOptions(process.argv.slice(2));
if (options === 'help') process.stdout.write(USAGE);
else await run(options);
