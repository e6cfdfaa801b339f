import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '../../client/stores/layout/storage-error.ts';
import type { Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { writeNewFile } from './write-new-file.ts';

/** What stands for standard input or standard output in the place of a file. */
export const STANDARD_STREAM = '-';

/**
 * All bytes of a file or of standard input. Once the signal has ended a read of standard input, it cannot be read again.
 * @throws UsageError when there are more than `maxBytes`, or it cannot be read
 */
export async function readInput(
  path: string,
  maxBytes: number,
  { input, signal }: Pick<Program, 'input'> & { readonly signal: AbortSignal },
): Promise<Buffer> {
  const source = path === STANDARD_STREAM ? input(signal) : createReadStream(path, { signal });
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > maxBytes) throw new UsageError(`${path} has more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(unreadable(path, error));
  }
  return Buffer.concat(chunks);
}

/** A file with what is to be read. */
export interface InputFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * A file as it is, or a temporary one with all of standard input, of a pipe or of a device, for what is read more than once.
 * Only this user can read the temporary one, and it is gone when it is disposed.
 * @throws Error of the file system when it cannot be kept
 */
export async function openInput(
  path: string,
  { input }: Pick<Program, 'input'>,
  signal: AbortSignal,
): Promise<InputFile> {
  const found = path === STANDARD_STREAM ? undefined : await stat(path).catch(() => undefined);
  const isStream = path === STANDARD_STREAM || found?.isFIFO() === true || found?.isCharacterDevice() === true;
  // Anything else, also what is not there, is refused when it is read.
  if (!isStream) return { path, [Symbol.asyncDispose]: () => Promise.resolve() };
  const bytes = path === STANDARD_STREAM ? input(signal) : createReadStream(path, { signal });
  const folder = await mkdtemp(join(tmpdir(), 'stowage-'));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const file = join(folder, 'input');
  try {
    await writeNewFile(file, bytes as AsyncIterable<Uint8Array>, signal);
    return { path: file, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/**
 * The size of a regular file in bytes.
 * @throws UsageError when the path names no regular file
 */
export async function fileSize(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    throw new UsageError(unreadable(path, error));
  }
  throw new UsageError(`${path} is not a file`);
}

function unreadable(path: string, error: unknown): string {
  if (hasCode(error, 'ENOENT')) return `there is no ${path}`;
  return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
