import { once } from 'node:events';
import type { ProgramStreams } from './program-streams.ts';

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** The streams of this process. */
export function processStreams(): ProgramStreams {
  const { stdout, stderr } = process;
  return {
    print: (text) => void stdout.write(text),
    complain: (line) => void stderr.write(`${line}\n`),
    write: async (bytes) => {
      // A reader that has gone takes nothing any more, and is not waited for.
      if (stdout.destroyed || stdout.write(bytes)) return;
      await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]);
    },
    input: () => process.stdin,
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
