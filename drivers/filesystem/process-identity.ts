import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** The process that created a temporary file, as the file's name records it. */
export interface ProcessIdentity {
  /**
   * Host name, boot and process namespace. All three are needed, because containers that share a volume may also share
   * a host name, and each has its own process 1.
   */
  readonly host: string;
  readonly pid: number;
  /** When the process began, in ticks since boot: it differs for a later process with the same id. */
  readonly start: string;
}

/** The identity of this process. */
export async function ownIdentity(): Promise<ProcessIdentity> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  const host = [hostname(), boot.slice(0, 8), namespace.replace(/\D/g, '')].join('+');
  return { host, pid: process.pid, start: (await startOf(process.pid)) ?? '' };
}

/** Whether a process of this host still runs; true when that is unknown. */
export async function isRunning({ pid, start }: ProcessIdentity): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const found = await startOf(pid);
  return found === undefined || found === start;
}

/** Field 22 of `/proc/<pid>/stat` (proc_pid_stat(5)); `undefined` where there is no such file. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  // The second field, the command in brackets, may itself contain spaces and brackets.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
