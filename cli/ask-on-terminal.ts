import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import type { Question } from './program-streams.ts';

/** A terminal that is read and written. */
export interface TerminalEnds {
  readonly input: Readable;
  readonly output: Writable;
}

/**
 * Asks at a terminal. A secret is not shown. Ctrl-C becomes the signal SIGINT of this process, as without a question. The
 * terminal is as before when the answer is there, and after any failure.
 * @returns the line that was typed; `undefined` when the input ended instead (Ctrl-D)
 * @throws the reason of the signal
 */
export async function askOnTerminal(
  { input, output }: TerminalEnds,
  { text, isSecret, signal }: Question,
): Promise<string | undefined> {
  signal.throwIfAborted();
  // The reader of lines shows what is typed by writing it, and leaves the terminal itself silent.
  const shown = isSecret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : output;
  const lines = createInterface({ input, output: shown, terminal: true, historySize: 0, prompt: text });
  // Ask only now: before this point the terminal would show what is typed.
  if (isSecret) output.write(text);
  else lines.prompt();
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  lines.once('line', resolve);
  lines.once('close', () => resolve(undefined));
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', stop);
    lines.close();
    if (isSecret) output.write('\n');
  }
}
