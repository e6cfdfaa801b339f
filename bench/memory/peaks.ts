import { setTimeout as delay } from 'node:timers/promises';
import type { Contender } from '../contenders/contender.ts';
import type { Content } from '../content.ts';
import { blobPath } from '../items/item.ts';
import { type Job, runJob } from '../load/job.ts';
import { resetPeak, usageOf } from '../process-usage.ts';
import { formatNumber, table } from '../report/table.ts';

const MIB = 1024 * 1024;
/** How long a registry rests before its memory is read. */
const REST_MS = 2000;

interface MemoryItem {
  readonly title: string;
  readonly maxMib: number;
  readonly job: (contender: Contender, content: Content) => Job;
}

/** The item of the ordinary run. */
export const SLOW_DOWNLOADS: MemoryItem = {
  title: '500 slow downloads of 64 MiB',
  maxMib: 200,
  job: (contender, content) => ({ kind: 'slow', url: large(contender, content), ...content.scale.slow }),
};

const ITEMS: readonly MemoryItem[] = [
  {
    title: 'Push 5 GiB in one request',
    maxMib: 64,
    job: ({ url, name }, { scale }) => ({
      kind: 'push',
      url,
      repository: 'bench/app',
      seed: `memory ${name}`,
      bytes: 10 * scale.pushBytes,
      count: 1,
      connections: 1,
    }),
  },
  {
    title: 'GET blob of 64 MiB for 10 s, one at a time',
    maxMib: 64,
    job: (contender, content) => ({ kind: 'download', url: large(contender, content), connections: 1, seconds: 10 }),
  },
  SLOW_DOWNLOADS,
];

/** Measures how far the memory of each registry rises above its idle memory, and returns a table. */
export async function measurePeaks(contenders: readonly Contender[], content: Content): Promise<string> {
  const local = contenders.filter((each) => each.pid !== undefined && each.takesPart('memory'));
  const rows: string[][] = [];
  for (const item of ITEMS) {
    const rises: string[] = [];
    for (const contender of local) rises.push(formatNumber((await riseOf(contender, item, content)) / MIB));
    rows.push([item.title, String(item.maxMib), ...rises]);
  }
  return table(['MiB above idle', 'target', ...local.map(({ name }) => name)], rows);
}

/** How far the memory of a local contender rises above its idle memory, in bytes. */
export async function riseOf(contender: Contender, { job }: MemoryItem, content: Content): Promise<number> {
  const { pid = 0 } = contender;
  await delay(REST_MS);
  await resetPeak(pid);
  const idle = await usageOf(pid);
  await runJob(job(contender, content));
  const { peakBytes } = await usageOf(pid);
  return peakBytes - idle.residentBytes;
}

function large({ url }: Contender, content: Content): string {
  return `${url}${blobPath(content.large)}`;
}
