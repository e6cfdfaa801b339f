import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Contender, Missing } from './contenders/contender.ts';
import { DISTRIBUTION } from './contenders/distribution.ts';
import type { Started } from './contenders/start-contenders.ts';
import { createContent, FULL, QUICK } from './content.ts';
import { type FarTimes, measureFar } from './far/far-storage.ts';
import { fillAll } from './fill/fill-all.ts';
import { chosenItems, isChosen } from './items/chosen.ts';
import { describeMachine, digestRate, writeRate } from './machine.ts';
import { ResourceMeter } from './memory/resources.ts';
import type { BenchOptions } from './options.ts';
import { chart } from './report/chart.ts';
import { missingLines, type Results, resultsPage } from './report/markdown.ts';
import { summaryTable, withBenchPart } from './report/readme.ts';
import { resourceTable } from './report/resources.ts';
import { bars, ratioTable, verdictTable } from './report/speed.ts';
import { measure } from './rounds.ts';
import { farVerdicts } from './targets/resource-verdicts.ts';
import { verdicts } from './targets/verdicts.ts';

/** The folder of the sources: this file runs from `dist/bench`. */
const BENCH = join(import.meta.dirname, '../../bench');
const README = join(BENCH, '../README.md');

/** Compares all contenders in all chosen items, prints the results, and writes the pages of results. */
export async function compareAll(
  { contenders, missing }: Started,
  options: BenchOptions & { readonly folder: string; readonly say: (text: string) => void },
): Promise<void> {
  const { rounds, folder, say, quick } = options;
  for (const line of missingLines(missing)) say(line);
  const content = createContent(quick ? QUICK : FULL);
  const meter = new ResourceMeter(contenders, (id) => isChosen(options, id));
  await meter.beforeFilling();
  await fillAll(contenders, content, options);
  const alone = { digestRate: digestRate(), writeRate: await writeRate(folder) };
  await meter.beforeItems(content);
  const measurement = await measure(contenders, { items: chosenItems(options), content, folder, rounds, say });
  await meter.afterItems(content);
  const far = isChosen(options, 'far') ? await measureFar(folder, content) : undefined;
  const resources = meter.found;
  const rival = contenders.find(({ name }) => name === DISTRIBUTION);
  const found = contenders.flatMap((ours) => {
    if (ours.workers === undefined) return [];
    const comparison = { results: measurement.results, resources, contenders, digestRate: alone.digestRate };
    return [{ name: ours.name, verdicts: verdicts(comparison, ours) }];
  });
  const results = { measurement, resources, far, contenders, missing, rival, found, alone, rounds };
  say(textOf(results));
  if (options.write) await writePages(results);
}

function textOf({ measurement, resources, far, contenders, rival, found }: Results): string {
  return [
    ratioTable(measurement, contenders, rival),
    resourceTable(resources),
    ...(far === undefined ? [] : [farText(far)]),
    ...found.flatMap(({ name, verdicts }) => [name, verdictTable(verdicts)]),
  ]
    .map((part) => `\n${part}`)
    .join('\n');
}

function farText(far: FarTimes | Missing): string {
  return 'reason' in far ? missingLines([far]).join('\n') : verdictTable(farVerdicts(far));
}

async function writePages(results: Results): Promise<void> {
  const { measurement, contenders, rival } = results;
  await writeFile(join(BENCH, 'RESULTS.md'), resultsPage(results, availableParallelism()));
  if (rival !== undefined) {
    const registries = contenders.filter((contender: Contender) => contender.takesPart('base'));
    await writeFile(join(BENCH, 'results.svg'), chart(bars(measurement, registries, rival), rival.name));
  }
  const [processor, memory] = describeMachine();
  const when = `${new Date().toISOString().slice(0, 10)}. ${processor}. ${memory}.`;
  const part = `${summaryTable(results)}\n\nMeasured on ${when} Medians of ${results.rounds} rounds.`;
  await writeFile(README, withBenchPart(await readFile(README, 'utf8'), part));
}
