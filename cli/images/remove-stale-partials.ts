import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const PARTIAL = /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.partial$/;
/** A process that still writes has written something since: its source breaks off after a minute without a byte. */
const MAX_AGE_MS = 60 * 60 * 1000;

/**
 * Removes what killed processes have left of a file: what lies beside it under its name, a random id and `.partial`, and was not
 * written to for an hour. What cannot be read or removed stays.
 */
export async function removeStalePartials(path: string): Promise<void> {
  const [folder, start] = [dirname(path), basename(path)];
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(start) || !PARTIAL.test(name.slice(start.length))) continue;
    const partial = join(folder, name);
    const found = await lstat(partial).catch(() => undefined);
    const isStale = found?.isFile() === true && Date.now() - found.mtimeMs > MAX_AGE_MS;
    if (isStale) await rm(partial, { force: true }).catch(() => undefined);
  }
}
