import { randomUUID } from 'node:crypto';
import { open, readlink, realpath, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** Replaces a file as a whole: readers see the old one or the new one, also after a crash. */
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

/** The file that a path leads to, also where it does not exist yet. */
export async function linkedFile(path: string, links = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const target = links < MAX_LINKS ? await readlink(path).catch(() => undefined) : undefined;
    if (target === undefined) return path;
    return linkedFile(resolve(await realpath(dirname(path)), target), links + 1);
  }
}
