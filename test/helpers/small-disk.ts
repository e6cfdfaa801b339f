import { execFileSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';

/** A disk of a test's own, which disappears when the test ends. */
export interface SmallDisk {
  /** Mounts it anew with other options: `ro`, `size=8m`. */
  readonly remount: (options: string) => void;
}

/**
 * Mounts an empty disk of `size`, as tmpfs takes it, at a folder. Where the machine does not let it, the test passes,
 * its log says so, and there is no disk.
 */
export function mountSmallDisk(t: ExecutionContext, folder: string, size: string): SmallDisk | undefined {
  try {
    execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    t.log(`SKIPPED: this machine does not let the test mount a disk (${reason})`);
    t.pass();
    return undefined;
  }
  t.teardown(() => void execFileSync('/bin/umount', ['-l', folder]));
  return { remount: (options) => void execFileSync('/bin/mount', ['-o', `remount,${options}`, folder]) };
}
