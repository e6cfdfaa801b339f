import type { CheckResult } from '../../verify/run/result.ts';
import { printable } from '../printable.ts';
import type { ProgramStreams } from '../program-streams.ts';

/** Erases the line that the cursor is in. */
const ERASE_LINE = '\r\x1b[2K';

/** Shows on standard error how far a verification is: a line that is drawn anew, or off a terminal a line for each failure. */
export class ShownChecks implements Disposable {
  readonly #streams: Pick<ProgramStreams, 'complain' | 'terminal'>;
  readonly #total: number;
  #done = 0;
  #failed = 0;

  constructor(streams: Pick<ProgramStreams, 'complain' | 'terminal'>, total: number) {
    this.#streams = streams;
    this.#total = total;
  }

  add(result: CheckResult): void {
    const { id, level, outcome, reason = '' } = result;
    this.#done++;
    const isFailed = outcome === 'failed' || outcome === 'blocked';
    if (isFailed) this.#failed++;
    const terminal = this.#streams.terminal();
    const line = printable(`${outcome} ${level} ${id}: ${reason}`);
    if (terminal === undefined) {
      if (isFailed) this.#streams.complain(line);
      return;
    }
    const state = `${this.#done}/${this.#total} checks, ${this.#failed} failed; ${id}`;
    const columns = Math.max(1, terminal.columns - 1);
    terminal.write(`${ERASE_LINE}${isFailed ? `${line.slice(0, columns)}\n` : ''}${state.slice(0, columns)}`);
  }

  [Symbol.dispose](): void {
    this.#streams.terminal()?.write(ERASE_LINE);
  }
}
