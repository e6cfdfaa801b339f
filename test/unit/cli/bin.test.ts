import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';

const BIN = 'dist/bundle/bin.js';
const run = promisify(execFile);

test('the command line starts on this Node', async (t) => {
  const { stdout } = await run(process.execPath, [BIN, '--version']);
  t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
});

for (const version of ['20.20.2', '24.11.9']) {
  test(`Node ${version} gets a message that says which version is needed`, async (t) => {
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '${version}' })`;
    const older = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`, BIN, '--version'];
    const failure = await t.throwsAsync<Error & { code: number; stderr: string; stdout: string }>(
      run(process.execPath, older),
    );
    t.is(failure.code, 1);
    t.is(failure.stdout, '');
    const { engines } = JSON.parse(await readFile('package.json', 'utf8')) as { engines: { node: string } };
    t.true(failure.stderr.startsWith(`stowage: needs Node ${engines.node.replace('>=', '')} or newer`), failure.stderr);
  });
}

test('an installation without the compiler (npm ci --omit=dev) is not stopped by the build', async (t) => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: { prepare: string } };
  const cwd = await mkdtemp(join(tmpdir(), 'stowage-'));
  t.teardown(() => rm(cwd, { recursive: true }));
  await t.notThrowsAsync(run('sh', ['-c', scripts.prepare], { cwd }));
});
