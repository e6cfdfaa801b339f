import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { timedRun } from '../../../bench/client/timed-run.ts';
import { startNode } from '../../helpers/processes/run-process.ts';
import { atLength } from '../../helpers/running/length.ts';
import { findCommand } from '../../helpers/running/tests-that-need.ts';

const PROGRAM = 'dist/bench/main.js';
const ALL = {
  'client-push-large': 'Push 500 MB in 10 layers',
  'client-pull-large': 'Pull 500 MB in 10 layers',
  'client-push-small': 'Push 40 layers of 64 KiB',
  'client-pull-small': 'Pull 40 layers of 64 KiB',
  'client-tags': 'List 100 tags',
};

test('a quick run measures pushes, pulls and lists of tags by every client that is installed', async (t) => {
  const ids = atLength({ full: ['client'], short: ['client-push-small', 'client-pull-large', 'client-tags'] });
  const { code, stdout, stderr } = await startNode([PROGRAM, '--quick', '--client', '--only', ids.join()]).finished;
  t.is(code, 0, stderr);
  t.is(stderr, '');
  const titles = Object.entries(ALL).flatMap(([id, title]) => (ids.some((word) => id.includes(word)) ? [title] : []));
  for (const client of ['stowage', 'skopeo', 'crane']) {
    if (client !== 'stowage' && findCommand(client) === undefined) {
      t.regex(
        stdout,
        new RegExp(`^Missing: ${client} \\(no program .*: the targets above are compared without it`, 'm'),
      );
      continue;
    }
    for (const title of titles)
      t.regex(stdout, new RegExp(`^\\| ${title} +\\| +${client} \\|( +\\d+\\.\\d+ \\|){2}`, 'm'));
  }
  t.regex(stdout, /^\| Push 40 layers of 64 KiB: peak memory +\| +at most 160 MB \| +\d+(\.\d+)? \|/m);
  t.regex(stdout, /^\| List 100 tags +\| +at most 0\.25 s \| +\d\.\d+ \|/m);
});

test('without other clients the run names both, and calls no comparison with them reached', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-path-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const PATH = join(folder, 'bin');
  await mkdir(PATH);
  for (const name of ['bash', 'sh', 'sync']) await symlink(findCommand(name) ?? name, join(PATH, name));
  const only = ['--only', 'client-push-small'];
  const { code, stdout, stderr } = await startNode([PROGRAM, '--quick', '--client', ...only], { PATH }).finished;
  t.is(code, 0, stderr);
  t.regex(stdout, /^Missing: skopeo \(no program `skopeo` on the PATH; apt-get install skopeo\): the targets above/m);
  t.regex(stdout, /^Missing: crane \(no program `crane` on the PATH; go install /m);
  t.regex(stdout, /64 KiB: time +\| at most 0\.9 times the best other \| no other here \| \*\*no\*\* \|$/m);
});

test('a run has the processor time and the most memory of its program, not of those that started it', async (t) => {
  const busy = `const kept = Buffer.alloc(200e6, 1);
    const end = performance.now() + 300;
    while (performance.now() < end) kept[0]++;
    console.log('done', process.env.GIVEN);`;
  const run = await timedRun([process.execPath, '-e', busy], { GIVEN: 'too' });
  t.is(run.stdout, 'done too\n');
  t.true(run.wallSeconds >= 0.3, `${run.wallSeconds}`);
  t.true(run.cpuSeconds > 0.05, `${run.cpuSeconds}`);
  t.true(run.peakBytes > 200e6, `${run.peakBytes}`);
  const idle = await timedRun(['sleep', '0.1']);
  t.true(idle.cpuSeconds < 0.05, `${idle.cpuSeconds}`);
  t.true(idle.peakBytes < 10e6, `${idle.peakBytes}`);
});

test('a run that fails is an error with what the program wrote, and so is a program that is not there', async (t) => {
  const script = 'echo "no such host" >&2; exit 3';
  await t.throwsAsync(timedRun(['sh', '-c', script]), { message: /failed with 3:\nno such host\n$/ });
  await t.throwsAsync(timedRun(['no-such-client']), { message: /^no-such-client failed with 127/ });
});
