import { execFileSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';

const MAX_REMOUNTS = 100;

/** A disk of one test, which is removed when the test ends. */
export interface SmallDisk extends Mounted {
  /** Remounts it with other options: `ro`, `size=8m`. */
  readonly remount: (options: string) => void;
}

/** Something that is mounted for a test. */
export interface Mounted {
  /** Unmounts it immediately, even if files are open. */
  readonly detach: () => void;
}

/**
 * Mounts with these arguments of `mount`, ending with the folder, until the test ends. If the machine does not allow
 * it, the test passes, its log says so, and nothing is returned.
 */
export function mountFor(t: ExecutionContext, ...args: [string, ...string[]]): Mounted | undefined {
  const folder = args.at(-1) ?? '';
  try {
    execFileSync('/bin/mount', args, { stdio: 'pipe' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    t.log(`SKIPPED: this machine does not let the test mount a disk (${reason})`);
    t.pass();
    return undefined;
  }
  let isMounted = true;
  const detach = (): void => {
    if (isMounted) execFileSync('/bin/umount', ['-l', folder]);
    isMounted = false;
  };
  t.teardown(detach);
  return { detach };
}

/** Mounts an empty disk of `size`, as tmpfs takes it, at a folder; see {@link mountFor}. */
export function mountSmallDisk(t: ExecutionContext, folder: string, size: string): SmallDisk | undefined {
  const disk = mountFor(t, '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder);
  if (disk === undefined) return undefined;
  return { ...disk, remount: (options) => remount(folder, options) };
}

/** Retries, because a disk cannot become read-only while a file is open for writing. */
function remount(folder: string, options: string): void {
  for (let left = MAX_REMOUNTS; ; left -= 1) {
    try {
      execFileSync('/bin/mount', ['-o', `remount,${options}`, folder], { stdio: 'pipe' });
      return;
    } catch (error) {
      if (left === 0 || !String(error).includes('busy')) throw error;
    }
  }
}
