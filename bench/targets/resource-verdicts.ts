import type { Contender } from '../contenders/contender.ts';
import type { FarTimes } from '../far/far-storage.ts';
import type { AllResources } from '../memory/resources.ts';
import { MOST_FAR_MS, MOST_MIB, MOST_START_SECONDS, MOST_WORKERS_RATIO } from './goals.ts';
import { atMost, type Verdict } from './verdict.ts';

const MIB = 1024 * 1024;

/** The targets for start and memory. */
export function resourceVerdicts(resources: AllResources, ours: Contender): Verdict[] {
  const { startSeconds, idleBytes, afterBytes, slowBytes } = resources.get(ours) ?? {};
  const found: Verdict[] = [];
  if (startSeconds !== undefined) {
    found.push(atMost('Start to first answer', { most: MOST_START_SECONDS, reached: startSeconds, of: 's' }));
  }
  if (ours.workers === 1) {
    if (idleBytes !== undefined) found.push(mebibytes('Memory, idle', MOST_MIB.idle, idleBytes));
    if (afterBytes !== undefined) found.push(mebibytes('Memory after the run', MOST_MIB.after, afterBytes));
  } else {
    const single = Array.from(resources).find(([{ workers }]) => workers === 1)?.[1].idleBytes;
    const ratio = (idleBytes ?? Number.NaN) / (single ?? Number.NaN);
    const goal = { most: MOST_WORKERS_RATIO, reached: ratio, of: 'times one process' };
    if (!Number.isNaN(ratio)) found.push(atMost('Memory, idle', goal));
  }
  if (slowBytes !== undefined) {
    found.push(mebibytes('500 slow downloads, above idle', MOST_MIB.slow, slowBytes));
  }
  return found;
}

/** The targets for a storage that is far away. */
export function farVerdicts({ blobMs, manifestMs }: FarTimes): Verdict[] {
  return [
    atMost('Push of a blob of 4 KiB', { most: MOST_FAR_MS.blob, reached: blobMs, of: 'ms' }),
    atMost('Push of a manifest by tag', { most: MOST_FAR_MS.manifest, reached: manifestMs, of: 'ms' }),
  ];
}

function mebibytes(title: string, most: number, bytes: number): Verdict {
  return atMost(title, { most, reached: bytes / MIB, of: 'MiB' });
}
