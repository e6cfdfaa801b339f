import { randomUUID } from 'node:crypto';
import { constants, type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { hasCode, storageError } from '../../client/stores/layout/storage-error.ts';
import { StoreError } from '../../client/stores/store-error.ts';
import { removeStalePartials } from './remove-stale-partials.ts';
import { writePipe } from './write-pipe.ts';

const SYSTEM_FOLDERS = /^\/(?:dev\/(?:fd\/|std)|proc\/)/;

/**
 * Writes a file that appears under its name only when all of its bytes are on the disk; one that is there is replaced, also
 * where a link leads to it. After a failure nothing is left. The name until then is a random one that must be free, so that
 * neither another process nor a link that somebody has put there takes part; what a killed process has left under such a name
 * goes when it is an hour old. A device or a pipe is written to as it is.
 * @throws StoreError `storage` when the file system refuses it; `invalid` when the path is a folder, or its folder is missing
 */
export async function writeNewFile(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await write(path, bytes, signal);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR'))
      throw new StoreError('invalid', `there is no folder ${dirname(path)}`, {
        hint: 'make it, or write another path',
      });
    throw storageError(error, path);
  }
}

async function write(path: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<void> {
  const existing = await targetOf(path);
  if (existing?.kind === 'pipe') return await writePipe(path, bytes, signal);
  if (existing?.kind === 'device')
    return await writeAll(await open(path, constants.O_WRONLY), bytes, { signal, isKept: false });
  const target = existing?.path ?? path;
  await removeStalePartials(target);
  const partial = `${target}.${randomUUID()}.partial`;
  const file = await open(partial, 'wx');
  try {
    await writeAll(file, bytes, { signal, isKept: true });
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

interface ExistingTarget {
  readonly path: string;
  readonly kind: 'file' | 'pipe' | 'device';
}

/** What is under the name; `undefined` where nothing is, or a link that leads nowhere. */
async function targetOf(path: string): Promise<ExistingTarget | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory())
      throw new StoreError('invalid', `${path} is a folder`, { hint: 'write the path of a file in it' });
    if (found.isFIFO()) return { path, kind: 'pipe' };
    // The target of /dev/stdout belongs to the process that opened it, even when it is a file.
    const isRegular = found.isFile() && !SYSTEM_FOLDERS.test(resolve(path));
    return isRegular ? { path: await realpath(path), kind: 'file' } : { path, kind: 'device' };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function writeAll(
  file: FileHandle,
  bytes: AsyncIterable<Uint8Array>,
  { signal, isKept }: { readonly signal: AbortSignal | undefined; readonly isKept: boolean },
): Promise<void> {
  try {
    // Unlike write, it goes on after the system has taken only a part, as on a disk that is nearly full.
    await file.writeFile(bytes, { signal });
    if (isKept) await file.sync();
  } finally {
    await file.close();
  }
}
