import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../drivers/temp-root.ts';
import { type Finished, startProcess } from '../processes/run-process.ts';

// This file runs as dist/test/helpers/running/page-programs.js.
const REPOSITORY = join(import.meta.dirname, '../../../..');
const COMPILER = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck'];
const LIBRARIES = ['--lib', 'es2024,esnext.disposable,dom', '--types', 'node'];

/** The programs of a page, in a folder where `stowage` is installed. */
export interface PagePrograms {
  readonly folder: string;
  /** The names of the programs, in order. */
  readonly names: readonly string[];
  /** Node with these arguments, in the folder. */
  readonly node: (...args: readonly string[]) => Promise<Finished>;
}

/**
 * Writes the blocks of a page that begin with `ts` and the name of a file to a folder, and compiles them.
 * @param packages what the programs import in addition to `stowage`
 * @param change what a test needs to change, such as a port
 */
export async function pagePrograms(
  t: ExecutionContext,
  page: string,
  { packages = [], change = (text) => text }: { packages?: readonly string[]; change?: (text: string) => string } = {},
): Promise<PagePrograms> {
  const folder = await tempRoot(t);
  const names: string[] = [];
  const text = await readFile(join(REPOSITORY, page), 'utf8');
  for (const [, name = '', program = ''] of text.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)) {
    names.push(name);
    await writeFile(join(folder, name), change(program));
  }
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  await symlink(REPOSITORY, join(folder, 'node_modules/stowage'));
  for (const each of ['@types/node', ...packages])
    await symlink(join(REPOSITORY, 'node_modules', each), join(folder, 'node_modules', each));
  const node = (...args: readonly string[]): Promise<Finished> =>
    startProcess(process.execPath, args, { cwd: folder, env: { HOME: folder } }).finished;
  const compiler = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  t.deepEqual(await node(compiler, ...COMPILER, ...LIBRARIES, ...names), { code: 0, stdout: '', stderr: '' });
  return { folder, names, node };
}
