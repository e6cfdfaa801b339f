import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';

const DAY_MS = 24 * 3_600_000;

/** Makes everything in a folder of the filesystem driver two days old, so that a collection finds what nothing refers to. */
export async function makeOld(root: string): Promise<void> {
  const old = new Date(Date.now() - 2 * DAY_MS);
  for (const path of await readdir(root, { recursive: true })) await utimes(join(root, path), old, old);
}
