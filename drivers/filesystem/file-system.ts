import { closeSync, constants, fdatasync, fsync, close as nodeClose, open as nodeOpen, openSync, write } from 'node:fs';
import { promisify } from 'node:util';

/*
 * The calls of the driver that change a file system or look at one. They come from one module, so that a test can load
 * another in its place, which records them, counts them or lets them fail. Reads of content are elsewhere.
 *
 * Small files and folders are opened as bare descriptors, which cost less than a FileHandle.
 */
export { statSync } from 'node:fs';
export {
  copyFile,
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  rename,
  rmdir,
  stat,
  truncate,
  unlink,
} from 'node:fs/promises';

const openDescriptor = promisify(nodeOpen);
const writeBytes = promisify(write);

/** Creates a file. @param isDurable whether each write returns only when its bytes survive a crash */
export function createFile(path: string, isDurable: boolean): Promise<number> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_DSYNC } = constants;
  return openDescriptor(path, O_WRONLY | O_CREAT | O_EXCL | (isDurable ? O_DSYNC : 0));
}

/** Writes all of `content` at the current end of the file. */
export async function writeAll(descriptor: number, content: Uint8Array): Promise<void> {
  for (let start = 0; start < content.byteLength; ) {
    const { bytesWritten } = await writeBytes(descriptor, content, start);
    start += bytesWritten;
  }
}

/** Makes the content of a file durable. */
export const syncData: (descriptor: number) => Promise<void> = promisify(fdatasync);

/** Opens a folder to sync it. */
export function openFolder(folder: string): Promise<number> {
  return openDescriptor(folder, constants.O_RDONLY | constants.O_DIRECTORY);
}

/** Opens a folder synchronously; for a folder whose entries were used a moment ago and are therefore in memory. */
export function openFolderNow(folder: string): number {
  return openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
}

/** Makes the entries of a folder durable. */
export const syncFolder: (descriptor: number) => Promise<void> = promisify(fsync);

export const close: (descriptor: number) => Promise<void> = promisify(nodeClose);

/** For a folder or a local file: closing these never waits. */
export function closeNow(descriptor: number): void {
  closeSync(descriptor);
}
