import { type FileHandle, readFile, rename, writeFile } from 'node:fs/promises';
import { Digester } from '../../../core/digest/digester.ts';

const READ_BYTES = 1024 * 1024;

/** The path of the digest state of a partial file. */
export function stateOf(path: string): string {
  return `${path}.state`;
}

/** Saves the digest state of the first bytes of a partial file, which must already be written. */
export async function saveState(path: string, state: Uint8Array): Promise<void> {
  const temporary = `${stateOf(path)}.tmp`;
  await writeFile(temporary, state);
  await rename(temporary, stateOf(path));
}

/** The digester of the bytes of a file, from its saved state; the bytes after it are read once. */
export async function digesterOf(handle: FileHandle, path: string, algorithm: string): Promise<Digester> {
  const { size } = await handle.stat();
  const digester = (await savedDigester(path, algorithm, size)) ?? new Digester(algorithm);
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  while (digester.size < size) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, digester.size);
    if (bytesRead === 0) break;
    digester.update(buffer.subarray(0, bytesRead));
  }
  return digester;
}

async function savedDigester(path: string, algorithm: string, size: number): Promise<Digester | undefined> {
  try {
    const digester = new Digester(algorithm, { state: await readFile(stateOf(path)) });
    return digester.size <= size ? digester : undefined;
  } catch {
    return undefined;
  }
}
