import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';

/**
 * Identifies the mount of the file system that contains `folder`: files can be renamed only within one. The device
 * alone is not enough, because two folders of one device may be mounted below each other (proc_pid_fdinfo(5):
 * `mnt_id`).
 */
export async function diskIdOf(folder: string): Promise<string> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const { dev } = await handle.stat();
    const info = await readFile(`/proc/self/fdinfo/${handle.fd}`, 'latin1').catch(() => '');
    return `${dev}:${/^mnt_id:\s*(\d+)/m.exec(info)?.[1] ?? ''}`;
  } finally {
    await handle.close();
  }
}
