import test from 'ava';
import { COMMANDS } from '../../../cli/commands/index.ts';
import { commandUsage, optionText, programUsage } from '../../../cli/usage.ts';
import { runInProcess } from '../../helpers/running/run-in-process.ts';

test('the help of a command has its arguments, its options and its examples', async (t) => {
  const { code, stdout } = await runInProcess(['run', '--help']);
  t.is(code, 0);
  t.regex(stdout, /^Usage: stowage run <job> \[config\.yml\] \[options\]\n\nRun a job once, now; /);
  t.regex(stdout, /^ {2}-d, --dry-run {12}only report what it would change$/m);
});

test('no line of a help is wider than 110 characters', (t) => {
  for (const text of [programUsage(COMMANDS), ...COMMANDS.map(commandUsage)])
    for (const line of text.split('\n')) t.true(line.length <= 110 || /^ {2}stowage /.test(line), line);
});

test('an option has one form in all commands, because it may stand before the command', (t) => {
  const forms = new Map<string, string>();
  for (const { options } of COMMANDS) {
    for (const [name, { type, short, multiple }] of Object.entries(options)) {
      const form = JSON.stringify([type, short, multiple]);
      t.is(forms.get(name) ?? form, form, name);
      forms.set(name, form);
    }
  }
});

test('no two options have the same letter', (t) => {
  const names = new Map([
    ['h', 'help'],
    ['v', 'version'],
  ]);
  for (const { options } of COMMANDS) {
    for (const [name, { short }] of Object.entries(options)) {
      if (short === undefined) continue;
      t.is(names.get(short) ?? name, name);
      names.set(short, name);
    }
  }
  t.true(names.size >= 2);
});

test('a switch has no value in the usage, and other options have', (t) => {
  t.is(optionText('quiet', { type: 'boolean', short: 'q', description: '' }), '-q, --quiet');
  t.is(optionText('output', { type: 'string', value: 'file', description: '' }), '--output <file>');
});
