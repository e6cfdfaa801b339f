import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { startProcess } from '../../helpers/processes/run-process.ts';
import { atLength } from '../../helpers/running/length.ts';

// This file runs as dist/test/unit/docs/write-a-driver.test.js.
const REPOSITORY = join(import.meta.dirname, '../../../..');

/** The files that a page builds up: the blocks that name one, in order. */
function filesOf(page: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const [, name = '', text = ''] of page.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)) {
    files.set(name, (files.get(name) ?? '') + text);
  }
  return files;
}

test('the driver of the tutorial compiles, passes the test kit, and can be named in YAML', async (t) => {
  const folder = await tempRoot(t);
  const page = await readFile(join(REPOSITORY, 'docs/plugins/write-a-driver.md'), 'utf8');
  const files = filesOf(page);
  t.true(files.size >= 7, [...files.keys()].join());
  for (const [name, text] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await mkdir(join(folder, 'node_modules'));
  for (const [name, target] of [
    ['stowage', REPOSITORY],
    ['@types', join(REPOSITORY, 'node_modules/@types')],
    ['stowage-driver-flat', folder],
  ] as const) {
    await symlink(target, join(folder, 'node_modules', name));
  }
  const node = (...args: string[]) => startProcess(process.execPath, args, { cwd: folder }).finished;

  const compiled = await node(join(REPOSITORY, 'node_modules/typescript/bin/tsc'), '-p', '.');
  t.deepEqual(compiled, { code: 0, stdout: '', stderr: '' });

  // One group of cases, or all.
  const filter = atLength({ full: [], short: ['--test-name-pattern=^contract: '] });
  const proved = await node('--test', '--test-reporter=tap', ...filter, 'dist/test/driver.test.js');
  t.is(proved.code, 0, proved.stdout.match(/^\s*not ok .*?^\s*\.\.\.$/gms)?.join('\n'));
  t.regex(proved.stdout, atLength({ full: /^# pass 1\d\d$/m, short: /^# pass [1-9]\d+$/m }));

  const checked = await node(join(REPOSITORY, 'dist/bundle/bin.js'), 'check-config', 'config.yml');
  t.is(checked.code, 0, checked.stderr);
  await writeFile(join(folder, 'config.yml'), (files.get('config.yml') ?? '').replace('folder:', 'fodler:'));
  const refused = await node(join(REPOSITORY, 'dist/bundle/bin.js'), 'check-config', 'config.yml');
  t.not(refused.code, 0);
  t.regex(refused.stderr + refused.stdout, /storage\.flat\.fodler: is unknown; the only option is "folder"/);
});
