import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** A folder of this test that is removed when it ends. Its path is short: that of a socket in it may have 107 bytes. */
export async function tempRoot(t: ExecutionContext, parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'stowage-'));
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/**
 * A place for temporary folders: in memory if the system offers it, for tests that sync thousands of times.
 */
export const FAST_DISK = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
