import test from 'ava';
import { parseCommandLine } from '../../../cli/command-line.ts';
import { COMMANDS } from '../../../cli/commands/index.ts';
import { serve } from '../../../cli/commands/serve.ts';
import { programUsage } from '../../../cli/usage.ts';
import { runInProcess } from '../../helpers/running/run-in-process.ts';

test('a command takes its file from the argument', (t) => {
  t.deepEqual(parseCommandLine(['serve', 'a.yml'], { REGISTRY_CONFIGURATION_PATH: 'b.yml' }), {
    kind: 'serve',
    path: 'a.yml',
  });
});

test('without an argument a command takes its file from the variable', (t) => {
  t.deepEqual(parseCommandLine(['check-config'], { REGISTRY_CONFIGURATION_PATH: 'b.yml' }), {
    kind: 'check-config',
    path: 'b.yml',
    connect: false,
  });
});

test('a command that names no file leaves the choice to the places where distribution keeps its own', (t) => {
  t.deepEqual(parseCommandLine(['serve'], {}), { kind: 'serve', path: undefined });
  for (const file of ['/etc/distribution/config.yml', '/etc/docker/registry/config.yml'])
    t.true(programUsage(COMMANDS).includes(file));
});

for (const [args, kind] of [
  [['--help'], 'help'],
  [['help'], 'help'],
  [['--version'], 'version'],
  [['-v'], 'version'],
] as const) {
  test(`${args.join(' ')} asks for ${kind}`, (t) => {
    t.deepEqual(parseCommandLine(args, {}), { kind });
  });
}

test('--help after a command asks for the help of that command', (t) => {
  for (const args of [
    ['serve', '-h'],
    ['--help', 'serve'],
    ['serve', 'a', 'b', '--help'],
    ['help', 'serve'],
  ])
    t.deepEqual(parseCommandLine(args, {}), { kind: 'help', command: serve });
});

test('the help of a word with which several commands begin lists them', async (t) => {
  for (const args of [
    ['driver', '--help'],
    ['help', 'driver'],
  ]) {
    t.deepEqual(parseCommandLine(args, {}), { kind: 'help', group: 'driver' });
    const { code, stdout } = await runInProcess(args);
    t.is(code, 0);
    t.regex(stdout, /^Usage: stowage driver <command>/);
    t.regex(stdout, /^ {2}driver test <driver> {2,}prove/m);
    t.notRegex(stdout, /serve/);
  }
});

test('garbage-collect takes the options of distribution, in both forms', (t) => {
  const all = { kind: 'garbage-collect', dryRun: true, deletesUntagged: true, isQuiet: true, path: 'config.yml' };
  t.deepEqual(parseCommandLine(['garbage-collect', '-d', '-m', '-q', 'config.yml'], {}), all);
  t.deepEqual(
    parseCommandLine(['garbage-collect', '--dry-run', '--delete-untagged', '--quiet', 'config.yml'], {}),
    all,
  );
});

test('gc is the job of that name', (t) => {
  t.deepEqual(parseCommandLine(['gc', 'config.yml'], {}), { kind: 'gc', job: 'gc', dryRun: false, path: 'config.yml' });
  for (const command of ['gc', 'garbage-collect'])
    t.like(parseCommandLine([command, '--call-rate', '0'], {}), { callRate: 0 });
});

const WRONG: ReadonlyArray<readonly [args: readonly string[], message: RegExp]> = [
  [[], /^a command is missing$/],
  [['server'], /^unknown command "server", did you mean "serve"\?$/],
  [['nothing'], /^unknown command "nothing"$/],
  [['help', 'nothing'], /^unknown command "nothing"$/],
  [['nothing', '--help'], /^unknown command "nothing"$/],
  [['pus', '--help'], /^unknown command "pus", did you mean "push"\?$/],
  [['help', 'driver', 'tset'], /^unknown command "driver tset", expected "driver test" or "driver new"$/],
  [['catalog', 'localhost:5000'], /^unknown command "catalog"; use "stowage ls"$/],
  [['version'], /^unknown command "version"; use "stowage --version"$/],
  [['pull', '--windw', '3', 'a'], /^unknown option --windw, did you mean --window\?$/],
  [['serve', ''], /^the path of the configuration is empty$/],
  [['serve', 'a', 'b'], /^unexpected argument "b"$/],
  [['serve', '--port', '1'], /--port/],
  [['serve', 'a', '--connect'], /^"serve" has no option --connect$/],
  [['serve', '--help=yes'], /--help/],
];

for (const [args, message] of WRONG) {
  test(`"stowage ${args.join(' ')}" is a wrong usage`, (t) => {
    t.throws(() => parseCommandLine(args, {}), { name: 'UsageError', message });
  });
}

test('an empty variable is a wrong usage: the file that it was meant to name may be stricter than another one', (t) => {
  const env = { REGISTRY_CONFIGURATION_PATH: '' };
  t.throws(() => parseCommandLine(['serve'], env), {
    name: 'UsageError',
    message: /REGISTRY_CONFIGURATION_PATH is empty/,
  });
  t.deepEqual(parseCommandLine(['serve', 'a.yml'], env), { kind: 'serve', path: 'a.yml' });
});

test('check-config may be asked to open what the file names', (t) => {
  const command = { kind: 'check-config', path: 'a.yml', connect: true };
  t.deepEqual(parseCommandLine(['check-config', '--connect', 'a.yml'], {}), command);
  t.deepEqual(parseCommandLine(['check-config', 'a.yml', '--connect'], {}), command);
});

test('the usage names every command', (t) => {
  for (const name of [
    'serve',
    'check-config',
    'rebuild-referrers',
    'run <job>',
    'jobs',
    'driver test',
    'driver new',
    '--help',
    '--version',
  ])
    t.true(programUsage(COMMANDS).includes(name));
});
