import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { withRegistry } from '../../helpers/http/with-registry.ts';
import { startProcess } from '../../helpers/processes/run-process.ts';

// This file runs as dist/test/unit/docs/client.test.js.
const REPOSITORY = join(import.meta.dirname, '../../../..');
const COMPILER = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck'];

test('the programs of the page of the client compile and run', async (t) => {
  const page = await readFile(join(REPOSITORY, 'docs/client.md'), 'utf8');
  const folder = await tempRoot(t);
  const names: string[] = [];
  for (const [, name = '', text = ''] of page.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)) {
    names.push(name);
    await writeFile(join(folder, name), text);
  }
  t.deepEqual(names, ['list-tags.ts', 'push-image.ts', 'read-blob.ts', 'pull-image.ts', 'explain-errors.ts']);
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await mkdir(join(folder, 'node_modules'));
  await symlink(REPOSITORY, join(folder, 'node_modules/stowage'));
  await symlink(join(REPOSITORY, 'node_modules/@types'), join(folder, 'node_modules/@types'));
  const node = (...args: string[]) =>
    startProcess(process.execPath, args, { cwd: folder, env: { HOME: folder } }).finished;
  const compiler = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
  const lib = ['--lib', 'es2024,esnext.disposable', '--types', 'node'];
  t.deepEqual(await node(compiler, ...COMPILER, ...lib, ...names), { code: 0, stdout: '', stderr: '' });

  const registry = await withRegistry(t);
  const { host } = new URL(registry.address);
  for (const tag of ['v1', 'v2']) await registry.pushImage('team/app', tag);
  const run = async (name: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await node(name, host, ...args);
    t.is(code, 0, `${name}: ${stderr}`);
    return stdout;
  };
  t.is(await run('list-tags.ts'), 'v1\nv2\n');
  const digest = await run('push-image.ts');
  t.regex(digest, /^sha256:[0-9a-f]{64}\n$/);
  t.is(await run('read-blob.ts'), 'the bytes of a layer');
  const pulled = await run('pull-image.ts', join(folder, 'layout'));
  t.is(pulled.match(/^copied sha256:/gm)?.length, 2);
  t.true(pulled.endsWith(`\n${digest}`));
  t.is(await run('explain-errors.ts'), '404 MANIFEST_UNKNOWN true check the name, the tag and the digest\n');
});
