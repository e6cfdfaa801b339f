import { randomUUID } from 'node:crypto';
import { open, readlink, realpath, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** The same limit as in Linux. */
const MAX_LINKS = 40;

/** Replaces a file atomically: readers see the old or the new one, even after a crash. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The file that a path leads to, even if it does not exist yet. */
export async function linkedFile(path: string, links = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const target = links < MAX_LINKS ? await readlink(path).catch(() => undefined) : undefined;
    if (target === undefined) return path;
    return linkedFile(resolve(await realpath(dirname(path)), target), links + 1);
  }
}
