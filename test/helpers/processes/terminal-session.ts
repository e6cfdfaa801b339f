import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { missingPackages } from '../running/tests-that-need.ts';
import { checkForSecrets } from '../secrets/watched-output.ts';

/** How to get what a {@link TerminalSession} needs. */
export const TERMINAL_NEEDS = missingPackages({ script: 'bsdutils', stty: 'coreutils', bash: 'bash' });

/** How long a test waits for a text, in milliseconds. */
const MAX_WAIT_MS = 60_000;

/** A terminal in which a line of bash runs, and what it shows. */
export class TerminalSession {
  readonly #child;
  #shown = '';

  /** @param env all of its environment in addition to PATH */
  constructor(line: string, { cwd, env = {} }: { readonly cwd: string; readonly env?: Record<string, string> }) {
    this.#child = spawn('script', ['-qefc', line, '/dev/null'], {
      env: { PATH: process.env['PATH'], TERM: 'dumb', SHELL: '/bin/bash', ...env },
      cwd,
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => void (this.#shown += text));
  }

  get shown(): string {
    return this.#shown;
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Waits until the text is shown, at most a minute, and returns the text before its first occurrence after `from`. */
  async shows(text: string, from = 0): Promise<string> {
    const signal = AbortSignal.timeout(MAX_WAIT_MS);
    while (!this.#shown.includes(text, from)) await once(this.#child.stdout, 'data', { signal });
    return this.#shown.slice(from, this.#shown.indexOf(text, from));
  }

  /** Kills the session. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** @returns the exit code of the line */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close');
    checkForSecrets('a terminal', this.#shown);
    return this.#child.exitCode;
  }
}
