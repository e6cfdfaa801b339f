import type { Contender } from '../contenders.ts';
import { describeMachine } from '../machine.ts';
import type { Measurement } from '../rounds.ts';
import type { Verdict } from '../targets.ts';
import { detailTable, ratioTable, verdictTable } from './speed.ts';
import { formatNumber } from './table.ts';

/** Everything that the page of results tells. */
export interface Results {
  readonly measurement: Measurement;
  readonly contenders: readonly Contender[];
  readonly rival: Contender | undefined;
  /** For each way of running Stowage. */
  readonly found: readonly { readonly name: string; readonly verdicts: readonly Verdict[] }[];
  /** What one part of a push reaches by itself, in MB/s. */
  readonly alone: { readonly digestRate: number; readonly writeRate: number };
  readonly rounds: number;
}

/** Above this load before a round, something else was using the machine. */
const QUIET_LOAD_PER_CORE = 1;

/** The page of results in Markdown. */
export function resultsPage(results: Results, cores: number): string {
  const { measurement, contenders, rival, found, alone, rounds } = results;
  return `${[
    '# Results of the benchmark',
    'Written by `npm run bench`; do not edit. Throughput is the median of the rounds, in brackets as a multiple of that of ' +
      `${rival?.name ?? 'no rival (none was installed)'}. In each round all registries run the same work one after the other. Before each push a file of one and a half times its size is written and removed, so that none has to wait until the host of a virtual machine gives it memory.`,
    [
      `Date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
      ...describeMachine(),
      ...contenders.map(({ name, version }) => `${name}: version ${version}`),
      `Rounds: ${rounds}`,
      loadLine(measurement.loads, cores),
      `sha256 alone on one core: ${formatNumber(alone.digestRate)} MB/s`,
      `Writing a file of 512 MiB and syncing it, alone: ${formatNumber(alone.writeRate)} MB/s`,
    ]
      .map((fact) => `- ${fact}`)
      .join('\n'),
    '## Throughput',
    ratioTable(measurement, contenders, rival),
    ...(rival === undefined ? [] : ['![Throughput as a multiple of the rival’s](results.svg)']),
    '## Targets',
    ...found.flatMap(({ name, verdicts }) => [`### ${name}`, verdictTable(verdicts)]),
    '## Latency, processor time, memory',
    ...contenders.flatMap((contender) => [`### ${contender.name}`, detailTable(measurement, contender)]),
  ].join('\n\n')}\n`;
}

/** The load of the machine, and whether other work disturbed the measurement. */
function loadLine(loads: readonly number[], cores: number): string {
  const sorted = loads.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const range = `${formatNumber(sorted[0])} to ${formatNumber(sorted.at(-1))}, median ${formatNumber(median)}`;
  // The benchmark itself causes a load of 2: a server and a client.
  const busy = median > cores * QUIET_LOAD_PER_CORE + 2;
  return `Load average before each round: ${range}${busy ? '; **the machine was loaded by others: the numbers are noisy**' : ''}`;
}
