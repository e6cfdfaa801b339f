import { readFile } from 'node:fs/promises';

/** How the file system is mounted on which a folder is. */
export interface Mount {
  /** The folder on which it is mounted. */
  readonly at: string;
  /** Such as `ext4`, `nfs4`, `tmpfs`. */
  readonly type: string;
  /** Those of the mount and those of the file system: `rw`, `noatime`, `lookupcache=none`. */
  readonly options: ReadonlySet<string>;
}

/** Linux has a table of the mounts that this process sees (proc_pid_mountinfo(5)). */
export async function readMounts(): Promise<string> {
  return readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
}

/**
 * Finds the mount of a folder.
 * @param mounts the table, in the form of Linux; empty where the system has none
 * @param folder absolute, without symbolic links
 */
export function mountOf(mounts: string, folder: string): Mount | undefined {
  let found: Mount | undefined;
  for (const line of mounts.split('\n')) {
    const mount = parseLine(line);
    if (mount === undefined || !contains(mount.at, folder)) continue;
    // A later one covers an earlier one at the same place.
    if (found === undefined || mount.at.length >= found.at.length) found = mount;
  }
  return found;
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue` */
function parseLine(line: string): Mount | undefined {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , , at, own = ''] = before.split(' ');
  const [type, , ofFileSystem = ''] = after.split(' ');
  if (at === undefined || type === undefined || type === '') return undefined;
  return { at: unescape(at), type, options: new Set([...own.split(','), ...ofFileSystem.split(',')]) };
}

/** Blanks and backslashes are written in octal digits. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function contains(folder: string, path: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}
