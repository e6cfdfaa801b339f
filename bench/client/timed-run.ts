import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { peakBytesOf } from '../process-usage.ts';
import type { Command } from './image-client.ts';

/** The cost of one run of a program. */
export interface TimedRun {
  /** From its start to its end. */
  readonly wallSeconds: number;
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
  /** The peak memory (VmHWM), as last read before the end; NaN if the run was too short. */
  readonly peakBytes: number;
  readonly stdout: string;
}

/** The interval of reading the peak: it only grows, so only the last allocations are missed. */
const PEAK_INTERVAL_MS = 5;

/**
 * Bash waits for the program and writes its times to descriptor 3, to the millisecond; /proc counts in hundredths, and
 * the time utility is not installed everywhere.
 */
const TIMED = `TIMEFORMAT='%3R %3U %3S'; { time "$@" 2>&4 3>&- 4>&-; } 4>&2 2>&3`;

/**
 * Runs a program to its end.
 * @param env variables in addition to those of this process
 * @throws Error with what the program wrote to standard error, if it fails
 */
export async function timedRun(command: Command, env: Readonly<Record<string, string>> = {}): Promise<TimedRun> {
  const child = spawn('bash', ['-c', TIMED, 'bash', ...command], {
    env: { ...process.env, ...env, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  let peakBytes = Number.NaN;
  const reading = setInterval(() => {
    const bytes = peakBytesOf(childOf(child.pid));
    // Between fork and exec, the peak is that of bash.
    if (bytes !== undefined) peakBytes = bytes;
  }, PEAK_INTERVAL_MS);
  try {
    const streams = [child.stdout, child.stderr, child.stdio[3] as Readable].map((stream) => text(stream as Readable));
    const [stdout = '', stderr = '', times = ''] = await Promise.all(streams);
    await closed;
    if (child.exitCode !== 0) throw new Error(`${command.join(' ')} failed with ${child.exitCode}:\n${stderr}`);
    const [wall, user, system] = times.trim().split(' ').map(Number);
    return {
      wallSeconds: wall ?? Number.NaN,
      cpuSeconds: (user ?? Number.NaN) + (system ?? Number.NaN),
      peakBytes,
      stdout,
    };
  } finally {
    clearInterval(reading);
  }
}

function childOf(pid: number | undefined): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? undefined : Number(children.split(' ')[0]);
  } catch {
    return undefined;
  }
}
