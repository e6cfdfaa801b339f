import { spawnSync } from 'node:child_process';
import test from 'ava';
import { COMMANDS } from '../../../../cli/commands/index.ts';
import { EXIT_CODES } from '../../../../cli/exit-codes.ts';
import { optionText } from '../../../../cli/usage.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';
import { missingPackages, testsThatNeed } from '../../../helpers/running/tests-that-need.ts';

test('the manual has every command, option and exit code', async (t) => {
  const { code, stdout } = await runInProcess(['man']);
  t.is(code, 0);
  const text = stdout.replaceAll('\\-', '-');
  for (const { name, options } of COMMANDS) {
    t.true(text.includes(`\n.SS stowage ${name}\n`), name);
    for (const [option, definition] of Object.entries(options))
      t.true(text.includes(`\n.B ${optionText(option, definition)}\n`));
  }
  for (const exitCode of Object.keys(EXIT_CODES)) t.true(text.includes(`\n.B ${exitCode}\n`), exitCode);
});

const withGroff = testsThatNeed(missingPackages({ groff: 'groff-base' }), { describe: () => 'a test of the manual' });

withGroff('groff reads the manual without a warning', async (t) => {
  const { stdout } = await runInProcess(['man']);
  const { stderr, status } = spawnSync('groff', ['-man', '-Tutf8', '-ww'], { input: stdout, encoding: 'utf8' });
  t.is(status, 0);
  t.is(stderr, '');
});
