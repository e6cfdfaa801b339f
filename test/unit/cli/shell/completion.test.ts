import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { COMMANDS } from '../../../../cli/commands/index.ts';
import { bashCompletion } from '../../../../cli/shell/bash-completion.ts';
import { fishCompletion } from '../../../../cli/shell/fish-completion.ts';
import { SHELLS } from '../../../../cli/shells.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { TERMINAL_NEEDS, TerminalSession } from '../../../helpers/processes/terminal-session.ts';
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
  t.deepEqual(bash('verify', ''), ['diff']);
  t.deepEqual(bash('verify', 'localhost', '--js'), ['--json']);
  t.deepEqual(bash('verify', 'diff', '--js'), ['--json']);
  t.true(bash('').includes('serve'));
});

test('bash completes paths where an argument or an option is one', (t) => {
  t.true(bash('serve', 'package.j').includes('package.json'));
  t.true(bash('driver', 'test', 'x', '--report', 'package.j').includes('package.json'));
  t.deepEqual(bash('init', 'local', '--host', 'package.j'), []);
});

const inFish = testsThatNeed(missingPackages({ fish: 'fish' }), { describe: (count) => `${count} test of fish` });
const inBash = testsThatNeed(TERMINAL_NEEDS, { describe: (count) => `${count} test of bash at a terminal` });
const inZsh = testsThatNeed([...TERMINAL_NEEDS, ...missingPackages({ zsh: 'zsh' })], {
  describe: (count) => `${count} test of zsh`,
});

/** What is typed before the key Tab, and what the line is then. */
const TYPED = {
  'stowage che': 'stowage check-config ',
  'stowage check-config --con': 'stowage check-config --connect ',
  'stowage dri': 'stowage driver ',
  'stowage driver te': 'stowage driver test ',
  'stowage driver test x --la': 'stowage driver test x --large ',
  'stowage verify di': 'stowage verify diff ',
  'stowage verify x --jun': 'stowage verify x --junit ',
  'stowage verify diff a --js': 'stowage verify diff a --json ',
  'stowage init clus': 'stowage init cluster ',
  'stowage login --us': 'stowage login --username ',
  'stowage run --dr': 'stowage run --dry-run ',
  'stowage pull --index spa': 'stowage pull --index sparse ',
  'stowage push a\\ f': 'stowage push a\\ file.tar ',
  'stowage driver new x tes': 'stowage driver new x test/',
  'stowage --vers': 'stowage --version ',
} as const;

/** Types lines into a shell that shows `<line>END` for Ctrl-X, and checks what Tab makes of them. */
async function completes(t: ExecutionContext, shell: string, setUp: (file: string) => string): Promise<void> {
  const folder = await tempRoot(t);
  await mkdir(join(folder, 'test'));
  await writeFile(join(folder, 'a file.tar'), '');
  const { stdout } = await runInProcess(['completion', shell]);
  await writeFile(join(folder, '_stowage'), stdout);
  const terminal = new TerminalSession(shell === 'zsh' ? 'zsh -f -i' : 'bash --norc -i', { cwd: folder });
  t.teardown(() => terminal.kill());
  terminal.type(`${setUp(join(folder, '_stowage'))}; echo REA''DY\r`);
  let from = (await terminal.shows('READY')).length;
  for (const [line, expected] of Object.entries(TYPED)) {
    terminal.type(`${line}\t\x18`);
    const shown = await terminal.shows('>END', from);
    from += shown.length + '>END'.length;
    t.is(shown.slice(shown.lastIndexOf('<') + 1), expected, `${line} in ${shell}`);
  }
}

inBash('bash at a terminal completes what is typed', (t) =>
  completes(t, 'bash', (file) => `PS1=; . ${file}; bind -x '"\\C-x": echo "<$READLINE_LINE>END"; READLINE_LINE='`),
);

inZsh('zsh at a terminal completes what is typed', (t) =>
  completes(
    t,
    'zsh',
    (file) =>
      `PS1=; fpath=(${dirname(file)} $fpath); autoload -Uz compinit; compinit -u -D; zle -N shown; shown() { print -r -- "<$BUFFER>END"; zle kill-buffer; }; bindkey "^X" shown; bindkey "^I" complete-word`,
  ),
);

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
  t.regex(stderr, /the shell must be one of bash, zsh, fish/);
});
