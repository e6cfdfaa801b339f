import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import { startProcess } from '../helpers/processes/run-process.ts';

/** The paths in the archive that `npm pack` makes. */
async function packedFiles(): Promise<string[]> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: tmpdir() };
  const { code, stdout, stderr } = await startProcess('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    env,
  }).finished;
  if (code !== 0) throw new Error(stderr);
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

test('the package has the documentation, the examples, the changes and the templates, and nothing that only builds or tests it', async (t) => {
  const files = await packedFiles();
  for (const file of [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'config.yml',
    'dist/bundle/bin.js',
    'docs/README.md',
    'docs/plugins/write-a-driver.md',
    'docs/stowage.1',
    'examples/driver-sqlite/src/index.ts',
    'examples/minimal.yml',
    'testing/template/javascript/index.js',
    'testing/template/typescript/src/index.ts',
  ]) {
    t.true(files.includes(file), file);
  }
  const built =
    /^(?:test|bench|dist\/(?:test|bench|docs|examples)|docs\/generator|examples\/[^/]+\/(?:dist|node_modules))\//;
  t.deepEqual(
    files.filter((file) => built.test(file)),
    [],
  );
});

test('the package says where its source is', async (t) => {
  const { repository } = JSON.parse(await readFile('package.json', 'utf8')) as { repository: { url: string } };
  t.regex(repository.url, /^git\+https:\/\/.*\.git$/);
});
