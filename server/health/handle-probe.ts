import { open } from 'node:fs/promises';
import { devNull } from 'node:os';

/**
 * Whether this process can open one more file, without which it cannot read its storage.
 * @returns what is wrong; `undefined` when nothing is
 */
export async function handleProblem(): Promise<string | undefined> {
  try {
    await using _ = await open(devNull);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'EMFILE' || code === 'ENFILE'
      ? `no file can be opened: ${code}; raise the limit of open files`
      : undefined;
  }
}
