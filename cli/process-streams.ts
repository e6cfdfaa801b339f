import { addAbortSignal } from 'node:stream';
import type { ProgramStreams } from './program-streams.ts';
import { StandardOutput } from './standard-output.ts';

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** The streams of this process. */
export function processStreams(): ProgramStreams {
  const { stdin, stdout, stderr } = process;
  const output = new StandardOutput(stdout);
  return {
    print: (text) => void output.write(text),
    complain: (line) => void stderr.write(`${line}\n`),
    write: async (bytes) => output.write(bytes) || (await output.drained()),
    written: () => output.written(),
    input: (signal) => addAbortSignal(signal, stdin),
    ask: () => {
      if (!stdin.isTTY || !stderr.isTTY) return undefined;
      return async (question) => {
        const { askOnTerminal } = await import('./ask-on-terminal.ts');
        return await askOnTerminal({ input: stdin, output: stderr }, question);
      };
    },
    printsToTerminal: () => stdout.isTTY,
    terminal: () => {
      if (!stderr.isTTY) return undefined;
      return {
        columns: stderr.columns || DEFAULT_COLUMNS,
        rows: stderr.rows || DEFAULT_ROWS,
        hasColors: stderr.hasColors(),
        write: (text) => void stderr.write(text),
      };
    },
  };
}
