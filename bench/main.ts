import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareClients } from './client/compare-clients.ts';
import { compareAll } from './comparison.ts';
import { type Contender, registryAt } from './contenders/contender.ts';
import { startContenders } from './contenders/start-contenders.ts';
import { startEarlierStowage, startSharingStowage, startStowage } from './contenders/stowage.ts';
import { createContent, FULL, QUICK } from './content.ts';
import { fillAll } from './fill/fill-all.ts';
import { chosenItems } from './items/chosen.ts';
import { measurePeaks } from './memory/peaks.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { pairedTable } from './report/paired.ts';
import { ratioTable } from './report/speed.ts';
import { type Measurement, measure } from './rounds.ts';
import { measureScaling } from './scaling.ts';
import { measureWrappers } from './wrappers/wrappers.ts';

/** Frequent requests that cost the registry more than the network. */
const SMALL_REQUESTS = ['base', 'manifest', 'blob-head', 'blob-small'];

interface Run extends BenchOptions {
  readonly folder: string;
  readonly say: (text: string) => void;
}

async function run(options: BenchOptions): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(options.folder ?? tmpdir(), 'stowage-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const all = { ...options, folder, say };
  if (options.wrappers) say(await measureWrappers(folder, options.quick ? QUICK : FULL, options.rounds));
  else if (options.client) await compareClients(all);
  else if (options.scaling) await compareScaling(all);
  else if (options.sharing) await compareSharing(all);
  else if (options.before !== undefined) await compareBuilds(all, options.before);
  else await compare(all, stack);
}

async function compare(options: Run, stack: AsyncDisposableStack): Promise<void> {
  const { contenders, missing } = await startContenders(options.folder, options.contenders, stack);
  const others = options.against === undefined ? [] : [registryAt(options.against)];
  const started = { contenders: [...contenders, ...others], missing };
  if (!options.memory) return compareAll(started, options);
  const content = createContent(options.quick ? QUICK : FULL);
  await fillAll(started.contenders, content, { only: ['blob-large'], say });
  say(await measurePeaks(started.contenders, content));
}

/** A single instance, and one that coordinates through Redis as several would, on one storage. */
async function compareSharing(options: Run): Promise<void> {
  const starts = [() => startStowage(options.folder, 1), () => startSharingStowage(options.folder)];
  await measureTwo(starts, options, (measurement, [alone, sharing]) =>
    ratioTable(measurement, [alone, sharing], alone),
  );
}

/** This build and an earlier one, each in one process on its own storage. */
async function compareBuilds(options: Run, program: string): Promise<void> {
  const starts = [() => startStowage(options.folder, 1), () => startEarlierStowage(options.folder, program)];
  await measureTwo(starts, options, (measurement, [now, before]) => pairedTable(measurement, now, before));
}

async function measureTwo(
  starts: readonly (() => Promise<Contender>)[],
  options: Run,
  report: (measurement: Measurement, contenders: [Contender, Contender]) => string,
): Promise<void> {
  const { rounds, folder, quick } = options;
  await using stack = new AsyncDisposableStack();
  const contenders: Contender[] = [];
  for (const start of starts) contenders.push(stack.adopt(await start(), (contender) => contender.stop()));
  const content = createContent(quick ? QUICK : FULL);
  await fillAll(contenders, content, options);
  const measurement = await measure(contenders, { items: chosenItems(options), content, folder, rounds, say });
  say(`\n${report(measurement, contenders as [Contender, Contender])}`);
}

/**
 * One worker and two, each limited to a part of a core: items with many small requests, unless `--only` names others.
 */
function compareScaling(options: Run): Promise<void> {
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

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const options = parseOptions(process.argv.slice(2));
if (options === 'help') process.stdout.write(USAGE);
else await run(options);
