import { mkdir, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 10_000;

/**
 * Limits each process to a part of one core (cgroups of Linux, version 1 or 2). Needs root.
 * @param share of a core, above 0 and at most 1
 * @returns a disposable that removes the limits
 * @throws Error when processes cannot be limited
 */
export async function limitProcessors(pids: readonly number[], share: number): Promise<AsyncDisposable> {
  const version1 = join(ROOT, 'cpu');
  const parent = (await exists(join(version1, 'cpu.cfs_quota_us'))) ? version1 : ROOT;
  const limited: number[] = [];
  try {
    for (const pid of pids) {
      const folder = folderOf(parent, pid);
      await mkdir(folder);
      limited.push(pid);
      await limit(folder, Math.round(share * PERIOD_US), parent === version1);
      await writeFile(join(folder, 'cgroup.procs'), String(pid));
    }
  } catch (error) {
    await release(parent, limited);
    throw new Error(`processes cannot be limited here: root and cgroups are needed`, { cause: error });
  }
  return { [Symbol.asyncDispose]: () => release(parent, limited) };
}

async function limit(folder: string, quotaUs: number, isVersion1: boolean): Promise<void> {
  if (!isVersion1) return writeFile(join(folder, 'cpu.max'), `${quotaUs} ${PERIOD_US}`);
  await writeFile(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US));
  await writeFile(join(folder, 'cpu.cfs_quota_us'), String(quotaUs));
}

async function release(parent: string, pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    // A process that has ended is no longer in any folder.
    await writeFile(join(parent, 'cgroup.procs'), String(pid)).catch(() => undefined);
    await rmdir(folderOf(parent, pid));
  }
}

function folderOf(parent: string, pid: number): string {
  return join(parent, `stowage-bench-${pid}`);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
