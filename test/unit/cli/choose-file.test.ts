import { realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type ConfiguredCommand, chooseFile } from '../../../cli/choose-file.ts';
import { loadConfiguration, PACKAGED_FILE } from '../../../server/config/index.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { startProcess } from '../../helpers/processes/run-process.ts';

const CLI = join(process.cwd(), 'dist/bundle/bin.js');

/** The file that a command chooses among these, and its message about it. */
async function choose(
  command: Pick<ConfiguredCommand, 'kind' | 'path'>,
  files: readonly string[],
): Promise<[file: string, said: string]> {
  const said: string[] = [];
  return [await chooseFile(command, { files, say: (line) => void said.push(line) }), said.join('\n')];
}

test('a file that was named is used without a message, even if others exist', async (t) => {
  t.deepEqual(await choose({ kind: 'serve', path: 'a.yml' }, [PACKAGED_FILE]), ['a.yml', '']);
});

test('without a name the file of distribution is used, with a message', async (t) => {
  const file = join(await tempRoot(t), 'config.yml');
  await writeFile(file, '');
  for (const kind of ['serve', 'check-config', 'rebuild-referrers'] as const) {
    const [taken, said] = await choose({ kind, path: undefined }, ['/nowhere/config.yml', file]);
    t.is(taken, file);
    t.true(said.includes(file));
  }
});

test('without any file serve and check-config use that of the package, with a message', async (t) => {
  for (const kind of ['serve', 'check-config'] as const) {
    const [taken, said] = await choose({ kind, path: undefined }, ['/nowhere/config.yml']);
    t.is(taken, PACKAGED_FILE);
    t.regex(
      said,
      /no configuration was given, and there is no \/nowhere\/config\.yml; using the one that comes with Stowage/,
    );
    t.true(said.includes(PACKAGED_FILE));
  }
});

test('a command that changes a storage needs a named file', async (t) => {
  const command = { kind: 'rebuild-referrers', path: undefined } as const;
  await t.throwsAsync(choose(command, ['/nowhere/a', '/nowhere/b']), {
    name: 'UsageError',
    message: /no configuration; .* \(there is no \/nowhere\/a and no \/nowhere\/b\)/,
  });
});

test('relative paths start at the working folder with the file of the package, and at the folder of any other file', async (t) => {
  const env = { REGISTRY_AUTH_HTPASSWD_REALM: 'here', REGISTRY_AUTH_HTPASSWD_PATH: 'users' };
  t.is((await loadConfiguration({ path: PACKAGED_FILE, env })).baseFolder, process.cwd());
  const other = { path: '/etc/stowage/config.yml', text: 'version: 0.1\nstorage: inmemory', env };
  t.is((await loadConfiguration(other)).baseFolder, '/etc/stowage');
});

test('a registry with the file of the package stores below its working folder', async (t) => {
  const cwd = await realpath(await tempRoot(t));
  const env = { REGISTRY_HTTP_ADDR: '127.0.0.1:0' };
  const registry = startProcess(process.execPath, [CLI, 'serve', PACKAGED_FILE], { cwd, env });
  t.teardown(() => registry.signal('SIGKILL'));
  await registry.logged(new RegExp(`"configuration":"${PACKAGED_FILE}".*"ready"`));
  t.true((await stat(join(cwd, 'registry-data'))).isDirectory());
  registry.signal('SIGTERM');
  t.is((await registry.finished).code, 0);
});
