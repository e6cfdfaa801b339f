import type { Dirent } from 'node:fs';
import { opendir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { diskIdOf } from './disk-id.ts';
import { RESERVED } from './reserved.ts';

/** How many levels below the root symbolic links are searched: down to `docker/registry/v2/blobs/sha256`. */
const MAX_LEVELS = 5;
/**
 * Down to this level a link is watched even if it leads to the same disk, because its target can vanish independently.
 */
const LEVELS_OF_LINKS = 4;
const MAX_ENTRIES = 64;
const MAX_FOLDERS = 256;

/** A folder by its name below the root, with its real path. */
interface Place {
  readonly folder: string;
  readonly real: string;
}

/**
 * The folders below `root` on which another disk begins, outer ones before nested ones: every mount, and the
 * symbolic links at the upper levels. It costs a few dozen system calls, regardless of how much is stored.
 */
export async function findDisks(root: string): Promise<string[]> {
  const places: Place[] = [{ folder: root, real: await realpath(root) }, ...(await linksBelow(root))];
  const mounts = await mountPoints();
  const mounted = places.flatMap(({ folder, real }) =>
    mounts
      .filter((mount) => mount.startsWith(real === '/' ? real : `${real}/`))
      .map((mount) => join(folder, mount.slice(real.length))),
  );
  const found = new Set([...places.slice(1).map(({ folder }) => folder), ...mounted]);
  found.delete(root);
  const isFolder = await Promise.all(Array.from(found, isFolderNow));
  return [...found].filter((_, index) => isFolder[index]).sort((a, b) => a.length - b.length);
}

async function linksBelow(root: string): Promise<Place[]> {
  const links: Place[] = [];
  let folders = [root];
  for (let level = 1; level <= MAX_LEVELS && folders.length > 0; level++) {
    const below: string[] = [];
    for (const folder of folders) {
      for (const entry of await firstEntries(folder)) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) below.push(path);
        if (!entry.isSymbolicLink() || !(await isFolderNow(path))) continue;
        if (level > LEVELS_OF_LINKS && (await isOnSameDisk(path, folder))) continue;
        links.push({ folder: path, real: await realpath(path) });
        below.push(path);
      }
    }
    folders = below.slice(0, MAX_FOLDERS);
  }
  return links;
}

async function firstEntries(folder: string): Promise<Dirent[]> {
  const entries: Dirent[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      if (entry.name !== RESERVED) entries.push(entry);
      if (entries.length === MAX_ENTRIES) break;
    }
  } catch {
    // The first call that needs this folder fails in the same way, and reports it.
  }
  return entries;
}

async function isFolderNow(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

async function isOnSameDisk(folder: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([diskIdOf(folder), diskIdOf(other)]).catch(() => []);
  return one === two;
}

/** Every mount point of this process (proc_pid_mountinfo(5), field 5); empty where the system has no such list. */
async function mountPoints(): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    const field = line.split(' ')[4];
    return field === undefined
      ? []
      : [field.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)))];
  });
}
