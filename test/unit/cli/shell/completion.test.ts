import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { COMMANDS } from '../../../../cli/commands/index.ts';
import { bashCompletion } from '../../../../cli/shell/bash-completion.ts';
import { fishCompletion } from '../../../../cli/shell/fish-completion.ts';
import { zshCompletion } from '../../../../cli/shell/zsh-completion.ts';
import { SHELLS } from '../../../../cli/shells.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';
import { missingPackages, testsThatNeed } from '../../../helpers/running/tests-that-need.ts';

/** What bash offers where the last of these words is being typed. */
function bash(...words: readonly string[]): string[] {
  const list = words.map((word) => `'${word}'`).join(' ');
  const script = `${bashCompletion(COMMANDS)}
    COMP_WORDS=(stowage ${list}) COMP_CWORD=${words.length}; _stowage; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
  if (stderr !== '') throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

test('bash completes commands, their options, and the words that an option or an argument takes', (t) => {
  t.deepEqual(bash('che'), ['check-config']);
  t.deepEqual(bash('check-config', '--c'), ['--connect']);
  t.deepEqual(bash('driver', ''), ['test', 'new']);
  t.deepEqual(bash('driver', 'test', '--la'), ['--large']);
  t.deepEqual(bash('init', 'cl'), ['cluster']);
  t.true(bash('').includes('serve'));
});

test('bash completes paths where an argument or an option is one', (t) => {
  t.true(bash('serve', 'package.j').includes('package.json'));
  t.true(bash('driver', 'test', 'x', '--report', 'package.j').includes('package.json'));
  t.deepEqual(bash('init', 'local', '--host', 'package.j'), []);
});

const inZsh = testsThatNeed(missingPackages({ zsh: 'zsh' }), { describe: (count) => `${count} test of zsh` });
const inFish = testsThatNeed(missingPackages({ fish: 'fish' }), { describe: (count) => `${count} test of fish` });

inZsh('zsh reads its completion', async (t) => {
  const file = join(await tempRoot(t), '_stowage');
  await writeFile(file, zshCompletion(COMMANDS));
  t.like(spawnSync('zsh', ['-f', '-n', file], { encoding: 'utf8' }), { status: 0, stderr: '' });
});

inFish('fish completes commands, their options and their words', async (t) => {
  const file = join(await tempRoot(t), 'stowage.fish');
  await writeFile(file, fishCompletion(COMMANDS));
  const offered = (line: string): string[] => {
    const script = `source ${file}; complete -C '${line}'`;
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' });
    t.is(stderr, '');
    return stdout.split('\n').map((each) => each.replace(/\t.*/, ''));
  };
  t.deepEqual(offered('stowage che'), ['check-config', '']);
  t.deepEqual(offered('stowage check-config --con'), ['--connect', '']);
  t.deepEqual(offered('stowage init clus'), ['cluster', '']);
  t.true(offered('stowage driver te').includes('test'));
});

test('each shell has a completion with every command in it, and an unknown one is a wrong usage', async (t) => {
  for (const shell of SHELLS) {
    const { code, stdout } = await runInProcess(['completion', shell]);
    t.is(code, 0);
    for (const { name } of COMMANDS) t.true(stdout.includes(name), `${name} in that of ${shell}`);
  }
  const { code, stderr } = await runInProcess(['completion', 'csh']);
  t.is(code, 2);
  t.regex(stderr, /there is completion for bash, zsh, fish/);
});
