import { Readable } from 'node:stream';
import { runProgram } from '../../../cli/run-program.ts';
import type { Finished } from '../processes/run-process.ts';
import { checkForSecrets } from '../secrets/watched-output.ts';

/**
 * Runs the program in this process, for tests that need neither a signal nor the output of the log; it costs a
 * hundredth of a process. `env` is its whole environment, `input` its standard input.
 */
export async function runInProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Promise<Finished> {
  const written = { stdout: '', stderr: '' };
  const code = await runProgram(args, {
    env,
    print: (text) => void (written.stdout += text),
    complain: (line) => void (written.stderr += `${line}\n`),
    write: (bytes) => {
      written.stdout += typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
      return Promise.resolve(true);
    },
    written: () => Promise.resolve(),
    input: () => Readable.from([Buffer.from(input)]),
    ask: () => undefined,
    terminal: () => undefined,
    printsToTerminal: () => false,
  });
  checkForSecrets(`the output of ${args.join(' ')}`, written.stdout + written.stderr);
  return { code, ...written };
}
