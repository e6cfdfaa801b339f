import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ADDITIONS } from './additions.ts';

const PRODUCT = ['cli', 'client', 'verify', 'core', 'drivers', 'plugins', 'server', 'testing'];
const GENERATOR = ['docs/generator/plugin-kinds.ts', 'docs/generator/table.ts'];
const OTHERS = ['.ci', 'test', 'ava.config.js', 'bundle.js', 'config.yml', 'package.json'];

/**
 * A copy of this repository with all additions, compiled and bundled into its `dist`; the caller removes it.
 * @throws Error with the messages of the compiler
 */
export async function treeWithAdditions(): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'stowage-places-')));
  for (const path of [...PRODUCT, ...GENERATOR, ...OTHERS]) await cp(path, join(root, path), { recursive: true });
  await symlink(resolve('node_modules'), join(root, 'node_modules'));
  for (const { file, insert, ...place } of Object.values(ADDITIONS).flat()) {
    const path = join(root, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'after' in place ? inserted(await readFile(path, 'utf8'), place.after, insert) : insert);
  }
  await compile(root);
  return root;
}

function inserted(text: string, after: string, insert: string): string {
  const parts = text.split(after);
  if (after === '') return insert + text;
  if (parts.length !== 2) throw new Error(`a file must have ${JSON.stringify(after)} once`);
  return parts.join(after + insert);
}

async function compile(root: string): Promise<void> {
  const { compilerOptions, ...others } = JSON.parse(await readFile('tsconfig.json', 'utf8')) as {
    readonly compilerOptions: object;
  };
  const options = {
    ...compilerOptions,
    incremental: false,
    tsBuildInfoFile: undefined,
    declaration: false,
    sourceMap: false,
  };
  const config = { ...others, compilerOptions: options, include: [...PRODUCT, ...GENERATOR] };
  await writeFile(join(root, 'tsconfig.json'), JSON.stringify(config));
  const run = promisify(execFile);
  try {
    await run(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', root]);
  } catch (error) {
    throw new Error(`the tree does not compile: ${(error as { readonly stdout?: string }).stdout ?? String(error)}`, {
      cause: error,
    });
  }
  await run(process.execPath, [join(root, 'bundle.js')]);
}
