import type { Contender, Missing } from '../contenders/contender.ts';
import type { FarTimes } from '../far/far-storage.ts';
import { describeMachine } from '../machine.ts';
import type { AllResources } from '../memory/resources.ts';
import type { Measurement } from '../rounds.ts';
import { farVerdicts } from '../targets/resource-verdicts.ts';
import type { Verdict } from '../targets/verdict.ts';
import { resourceTable } from './resources.ts';
import { detailTable, ratioTable, verdictTable } from './speed.ts';
import { formatNumber } from './table.ts';

/** The content of the page of results. */
export interface Results {
  readonly measurement: Measurement;
  readonly resources: AllResources;
  readonly far: FarTimes | Missing | undefined;
  readonly contenders: readonly Contender[];
  readonly missing: readonly Missing[];
  /** The contender that the ratios refer to. */
  readonly rival: Contender | undefined;
  /** The verdicts for each way of running Stowage. */
  readonly found: readonly { readonly name: string; readonly verdicts: readonly Verdict[] }[];
  /** The speed of single parts of a push, in MB/s. */
  readonly alone: { readonly digestRate: number; readonly writeRate: number };
  readonly rounds: number;
}

/** Above this load before a round, something else was using the machine. */
const QUIET_LOAD_PER_CORE = 1;

/** The page of results in Markdown. */
export function resultsPage(results: Results, cores: number): string {
  const { measurement, contenders, rival, found } = results;
  return `${[
    '# Results of the benchmark',
    introduction(rival),
    facts(results, cores)
      .map((fact) => `- ${fact}`)
      .join('\n'),
    '## Throughput',
    ratioTable(measurement, contenders, rival),
    ...(rival === undefined ? [] : ['![Throughput as a multiple of the rival’s](results.svg)']),
    '## Start and memory',
    'Start is the time from the start of the process to its first answer on a filled storage, median. Memory is the resident memory (RSS) of all processes of a registry, in which memory that they share counts once: idle two seconds after the start, before the first request of a client, and two seconds after the last item.',
    resourceTable(results.resources),
    ...farSection(results.far),
    '## Targets',
    ...found.flatMap(({ name, verdicts }) => [`### ${name}`, verdictTable(verdicts)]),
    '## Latency, processor time, memory',
    ...contenders.flatMap((contender) => [`### ${contender.name}`, detailTable(measurement, contender)]),
  ].join('\n\n')}\n`;
}

/** The contenders that are missing from the tables, with the reasons. */
export function missingLines(missing: readonly Missing[]): string[] {
  return missing.map(({ name, reason }) => `Missing: ${name} (${reason})`);
}

function introduction(rival: Contender | undefined): string {
  const ratios = rival === undefined ? '' : `, in brackets as a multiple of that of ${rival.name}`;
  return `Written by \`npm run bench\`; do not edit. Throughput is the median of the rounds${ratios}. In each round all registries run the same work one after the other. An image is a config of 1.5 KiB and three layers of 64 KiB of new bytes, each asked for with HEAD and pushed with POST and PUT over a kept connection, and then the manifest by tag. nginx serves the blobs as plain files: the limit of the machine. Long lists of tags and repositories are written to the storages directly. Before each push a file of one and a half times its size is written and removed, so that none has to wait until the host of a virtual machine gives it memory.`;
}

function facts({ measurement, contenders, missing, alone, rounds }: Results, cores: number): string[] {
  return [
    `Date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    ...describeMachine(),
    ...contenders.map(({ name, version }) => `${name}: version ${version}`),
    ...missingLines(missing),
    `Rounds: ${rounds}`,
    loadLine(measurement.loads, cores),
    `sha256 alone on one core: ${formatNumber(alone.digestRate)} MB/s`,
    `Writing a file of 512 MiB and syncing it, alone: ${formatNumber(alone.writeRate)} MB/s`,
  ];
}

function farSection(far: FarTimes | Missing | undefined): string[] {
  if (far === undefined) return [];
  const result = 'reason' in far ? `${missingLines([far]).join('')}.` : verdictTable(farVerdicts(far));
  return ['## Cloud Storage (emulated), 30 ms a call', result];
}

/** The load of the machine, and whether other work disturbed the measurement. */
export function loadLine(loads: readonly number[], cores: number): string {
  const sorted = loads.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const range = `${formatNumber(sorted[0])} to ${formatNumber(sorted.at(-1))}, median ${formatNumber(median)}`;
  // The benchmark itself causes a load of 2: a server and a client.
  const busy = median > cores * QUIET_LOAD_PER_CORE + 2;
  return `Load average before each round: ${range}${busy ? '; **the machine was loaded by others: the numbers are noisy**' : ''}`;
}
