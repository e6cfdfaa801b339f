import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** How long a step may take, in milliseconds: a driver that hangs must not hang its tests. */
const MAX_WAIT_MS = 120_000;

/** Another process of node that reports its progress on stdout. It is killed when it is disposed. */
export class OtherProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #said = '';
  #complained = '';
  #hasEnded = false;

  /** @param args a module and its arguments; it inherits the environment, which may hold credentials for the store */
  constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => void (this.#said += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => void (this.#complained += text));
    this.#ended = once(this.#child, 'close').then(() => (this.#hasEnded = true));
  }

  /** Everything that it has written to stdout. */
  get said(): string {
    return this.#said;
  }

  /**
   * Waits until what it has written to stdout matches, at most two minutes.
   * @throws Error with what it has written to stderr if it ends before that
   */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#waitFor(pattern, this.#child.stdout, () => this.#said);
  }

  /** Waits for what it writes to stderr, like {@link says}. */
  logs(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#waitFor(pattern, this.#child.stderr, () => this.#complained);
  }

  async #waitFor(pattern: RegExp, stream: Readable | null, text: () => string): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(MAX_WAIT_MS);
    for (;;) {
      const match = pattern.exec(text());
      if (match !== null) return match;
      if (this.#hasEnded) throw new Error(`another process on the store has failed: ${this.#complained.trim()}`);
      if (signal.aborted) throw new Error(`another process on the store has not written ${pattern} in two minutes`);
      const more = stream && once(stream, 'data', { signal }).catch(() => undefined);
      await Promise.race([this.#ended, more]);
    }
  }

  /** Kills it without warning, as a power failure does to all processes. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Asks it to end, and waits. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
