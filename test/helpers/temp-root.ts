import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** A folder of this test's own; it is removed when the test ends. */
export async function tempRoot(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
