import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';

/** The length of a tick in /proc/<pid>/stat on Linux, in seconds (USER_HZ). */
const TICK_SECONDS = 0.01;

/** The total resource usage of all processes of a registry. */
export interface Usage {
  /** Processor time since the start. */
  readonly cpuSeconds: number;
  /** The peak memory since the last reset, in bytes (VmHWM; the peaks of several processes are added). */
  readonly peakBytes: number;
  /** The current memory, in bytes (VmRSS). */
  readonly residentBytes: number;
}

/** The process and all its descendants. */
export async function processTree(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.split(' ').filter((word) => word.trim() !== '');
  return [pid, ...(await Promise.all(children.map((child) => processTree(Number(child))))).flat()];
}

export async function usageOf(pid: number): Promise<Usage> {
  const each = await Promise.all((await processTree(pid)).map(usageOfProcess));
  return each.reduce((sum, usage) => ({
    cpuSeconds: sum.cpuSeconds + usage.cpuSeconds,
    peakBytes: sum.peakBytes + usage.peakBytes,
    residentBytes: sum.residentBytes + usage.residentBytes,
  }));
}

/**
 * Resident memory of the process and all its descendants, in bytes. Memory that its processes share, such as the code
 * of the program, counts once, as part of the process that shares most.
 */
export async function residentBytes(pid: number): Promise<number> {
  const texts = await Promise.all(
    (await processTree(pid)).map((each) => readFile(`/proc/${each}/smaps_rollup`, 'utf8')),
  );
  const shared = texts.map((text) => (kibibytes(text, 'Shared_Clean') + kibibytes(text, 'Shared_Dirty')) * 1024);
  const own = texts.map((text, index) => kibibytes(text, 'Rss') * 1024 - (shared[index] ?? 0));
  return own.reduce((sum, bytes) => sum + bytes, Math.max(...shared));
}

/** The peak memory of one process since its start, in bytes (VmHWM); `undefined` if it has ended. */
export function peakBytesOf(pid: number | undefined): number | undefined {
  try {
    // Synchronously: a short process may end between two reads.
    const bytes = kibibytes(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM') * 1024;
    return Number.isNaN(bytes) ? undefined : bytes;
  } catch {
    return undefined;
  }
}

/** Resets the peaks to the current usage (proc(5), clear_refs). */
export async function resetPeak(pid: number): Promise<void> {
  await Promise.all((await processTree(pid)).map((each) => writeFile(`/proc/${each}/clear_refs`, '5')));
}

async function usageOfProcess(pid: number): Promise<Usage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return {
    cpuSeconds: ticksIn(stat) * TICK_SECONDS,
    peakBytes: kibibytes(status, 'VmHWM') * 1024,
    residentBytes: kibibytes(status, 'VmRSS') * 1024,
  };
}

/** User and system time: fields 14 and 15; the second one is in parentheses and may contain spaces. */
export function ticksIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function kibibytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN);
}
