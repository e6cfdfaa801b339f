import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { startProcess } from '../../helpers/processes/run-process.ts';
import { atLength } from '../../helpers/running/length.ts';

// This file runs as dist/test/unit/docs/object-store-driver.test.js.
const REPOSITORY = join(import.meta.dirname, '../../../..');

const COMPILER_OPTIONS = {
  target: 'ES2024',
  lib: ['ES2024', 'ESNext.Disposable'],
  types: ['node'],
  module: 'NodeNext',
  strict: true,
  rootDir: 'src',
  outDir: 'dist',
};

/** The proof of the page, as in the tutorial about drivers. */
const PROOF = `
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { driverSuite } from 'stowage/testing';
import shelf from '../dist/index.js';

driverSuite({
  test: (title, run) => test(title, run),
  create: async () => {
    const options = { shelf: randomUUID(), rootdirectory: '' };
    const create = async () => shelf.create(options, { baseFolder: '.', warn: () => undefined });
    return { driver: await create(), reopen: create, dispose: async () => undefined };
  },
});
`;

test('the driver of the page about object stores has less than 150 lines, compiles and passes the test kit', async (t) => {
  const folder = await tempRoot(t);
  const page = await readFile(join(REPOSITORY, 'docs/drivers/object-store.md'), 'utf8');
  const blocks = [...page.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)];
  const lines = blocks.reduce((sum, [, , text = '']) => sum + text.split('\n').length - 1, 0);
  t.true(lines > 100 && lines < 150, `${lines} lines`);
  const files = new Map([
    ...blocks.map(([, name = '', text = '']) => [name, text] as const),
    ['package.json', JSON.stringify({ name: 'stowage-driver-shelf', type: 'module' })] as const,
    ['tsconfig.json', JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['src'] })] as const,
    ['test/driver.test.js', PROOF] as const,
  ]);
  for (const [name, text] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await mkdir(join(folder, 'node_modules'));
  for (const [name, target] of [
    ['stowage', REPOSITORY],
    ['zod', join(REPOSITORY, 'node_modules/zod')],
    ['@types', join(REPOSITORY, 'node_modules/@types')],
  ] as const) {
    await symlink(target, join(folder, 'node_modules', name));
  }
  const node = (...args: string[]) => startProcess(process.execPath, args, { cwd: folder }).finished;

  const compiled = await node(join(REPOSITORY, 'node_modules/typescript/bin/tsc'), '-p', '.');
  t.deepEqual(compiled, { code: 0, stdout: '', stderr: '' });

  // One group of cases, or all.
  const filter = atLength({ full: [], short: ['--test-name-pattern=^(?:contract|streams): '] });
  const proved = await node('--test', '--test-reporter=tap', ...filter, 'test/driver.test.js');
  t.is(proved.code, 0, proved.stdout.match(/^\s*not ok .*?^\s*\.\.\.$/gms)?.join('\n'));
  t.regex(proved.stdout, /^# pass [1-9]\d+$/m);
});
