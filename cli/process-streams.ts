import { once } from 'node:events';
import { addAbortSignal } from 'node:stream';
import type { ProgramStreams } from './program-streams.ts';

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/** Resolves when the stream takes more, or its reader has gone. */
async function onceDrained(stream: NodeJS.WriteStream): Promise<void> {
  await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(() => undefined);
}

/** The streams of this process. */
export function processStreams(): ProgramStreams {
  const { stdout, stderr } = process;
  return {
    print: (text) => void stdout.write(text),
    complain: (line) => void stderr.write(`${line}\n`),
    write: async (bytes) => {
      if (stdout.destroyed) return false;
      if (!stdout.write(bytes)) await onceDrained(stdout);
      return !stdout.destroyed;
    },
    input: (signal) => addAbortSignal(signal, process.stdin),
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
