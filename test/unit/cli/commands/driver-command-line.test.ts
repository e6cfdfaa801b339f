import test from 'ava';
import { parseCommandLine } from '../../../../cli/command-line.ts';
import { driverNew } from '../../../../cli/commands/driver-new.ts';
import { driverTest } from '../../../../cli/commands/driver-test.ts';

test('driver test takes a driver and lists what is left out', (t) => {
  t.deepEqual(parseCommandLine(['driver', 'test', 'memory'], {}), {
    kind: 'driver-test',
    spec: 'memory',
    options: undefined,
    groups: undefined,
    cases: undefined,
    large: false,
    bail: false,
    json: false,
    report: undefined,
  });
});

test('driver test takes its options in any order, and groups by commas and by repetition', (t) => {
  const args = ['--group', 'streams,ordering', '--large', './mine', '--options', '{}', '--group=faults', '--report=r'];
  const others = ['--case', 'stat, list', '--json', '--bail', '--case=move'];
  t.deepEqual(parseCommandLine(['driver', 'test', ...args, ...others], {}), {
    kind: 'driver-test',
    spec: './mine',
    options: '{}',
    groups: ['streams', 'ordering', 'faults'],
    cases: ['stat, list', 'move'],
    large: true,
    bail: true,
    json: true,
    report: 'r',
  });
});

test('driver new takes a name, and a folder or none', (t) => {
  const command = { kind: 'driver-new', name: 'mine', language: 'javascript' };
  t.deepEqual(parseCommandLine(['driver', 'new', 'mine'], {}), { ...command, folder: undefined });
  t.deepEqual(parseCommandLine(['driver', 'new', 'mine', 'here'], {}), { ...command, folder: 'here' });
  const typescript = { ...command, folder: undefined, language: 'typescript' };
  t.deepEqual(parseCommandLine(['driver', 'new', '--typescript', 'mine'], {}), typescript);
});

test('help is for one of the commands, or for their group', (t) => {
  t.deepEqual(parseCommandLine(['driver', '--help'], {}), { kind: 'help', group: 'driver' });
  t.deepEqual(parseCommandLine(['driver', 'test', '-h'], {}), { kind: 'help', command: driverTest });
  t.deepEqual(parseCommandLine(['driver', 'new', '--help'], {}), { kind: 'help', command: driverNew });
});

const WRONG: ReadonlyArray<readonly [args: readonly string[], message: RegExp]> = [
  [[], /^a command is missing after "driver": test or new$/],
  [['tset'], /^unknown command "driver tset", expected "driver test" or "driver new"$/],
  [['test'], /^no driver; give its name, its package or its path$/],
  [['test', 'a', 'b'], /^unexpected argument "b"$/],
  [['test', 'a', '--optoins', '{}'], /--optoins/],
  [['test', 'a', '--options'], /--options/],
  [['new'], /^no name for the driver$/],
  [['new', 'a', 'b', 'c'], /^unexpected argument "c"$/],
  [['new', 'a', '--large'], /^"driver new" has no option --large$/],
];

for (const [args, message] of WRONG) {
  test(`"stowage driver ${args.join(' ')}" is a wrong usage`, (t) => {
    t.throws(() => parseCommandLine(['driver', ...args], {}), { name: 'UsageError', message });
  });
}
