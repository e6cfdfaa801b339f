import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';

/** What stands for standard input in the place of a file. */
const STANDARD_INPUT = '-';

/**
 * All bytes of a file or of standard input. Once the signal has ended a read of standard input, it cannot be read again.
 * @throws UsageError when there are more than `maxBytes`, or it cannot be read
 */
export async function readInput(
  path: string,
  maxBytes: number,
  { input, signal }: Pick<Program, 'input'> & { readonly signal: AbortSignal },
): Promise<Buffer> {
  const source = path === STANDARD_INPUT ? input(signal) : createReadStream(path, { signal });
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
  return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
