import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pushLayeredImage, pushPlatforms } from '../../helpers/content/layered-image.ts';
import { startProcess } from '../../helpers/processes/run-process.ts';
import { clientCommands } from '../../helpers/running/client-commands.ts';
import { missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';

const PLACE = 'localhost:5000';
const withJq = testsThatNeed(missingPackages({ jq: 'jq', bash: 'bash' }), { describe: () => 'the lines of a page' });

withJq('the lines of the page of the command line work, in their order', async (t) => {
  const { registry, host, home, stowage } = await clientCommands(t);
  const page = await readFile('docs/command-line.md', 'utf8');
  const lines = Array.from(page.matchAll(/^```sh\n(.*?)^```$/gms), ([, text = '']) => text).join('');
  t.true(lines.split('\n').length > 25);
  // What the page presupposes.
  await pushPlatforms(registry, 'prepared', 'v1', ['amd64', 'arm64']);
  const one = await stowage('pull', `${host}/prepared:v1`, `oci:${home}/build`, '--platform', 'linux/amd64', '-q');
  t.is(one.code, 0, one.stderr);
  await pushLayeredImage(registry, 'team/app', 'v1.1.0', { layers: [{ 'bin/app': 'another', 'bin/young': '' }] });
  await writeFile(join(home, 'sbom.json'), '{}');
  await mkdir(join(home, 'bin'));
  const program = `#!/bin/sh\nexec ${process.execPath} ${resolve('dist/bundle/bin.js')} "$@"\n`;
  await writeFile(join(home, 'bin/stowage'), program);
  await chmod(join(home, 'bin/stowage'), 0o755);

  const PATH = `${join(home, 'bin')}:${process.env['PATH'] ?? ''}`;
  const script = `set -eu -o pipefail\nPASSWORD=secret\n${lines.replaceAll(PLACE, host)}`;
  const env = { PATH, HOME: home, XDG_RUNTIME_DIR: join(home, 'run') };
  const { code, stdout, stderr } = await startProcess('bash', ['-c', script], { cwd: home, env }).finished;
  t.is(code, 0, stderr);
  for (const expected of [
    'platform  linux/amd64',
    '+ /bin/young',
    'the same image: sha256:',
    'application/spdx+json',
  ]) {
    t.true(stdout.includes(expected), `${expected} in\n${stdout}`);
  }
});
