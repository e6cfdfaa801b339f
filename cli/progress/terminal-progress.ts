import type { CopyEvent } from '../../client/copy/copy-event.ts';
import type { Terminal } from '../program-streams.ts';
import { imageLine } from './image-line.ts';
import { outcomeLine, runningLine, totalsLine } from './progress-lines.ts';
import type { ProgressView } from './progress-view.ts';
import { TransferState } from './transfer-state.ts';

/** How often the lines are drawn; the eye sees no difference. */
const EVERY_MS = 100;
/** Erases from the cursor to the end of the screen. */
const ERASE_BELOW = '\x1b[0J';

/** What a {@link TerminalProgress} draws on. */
export interface TerminalProgressDependencies {
  /** Asked for each drawing, because a window can be resized. */
  readonly terminal: () => Terminal | undefined;
  /** Milliseconds of a clock that does not jump. */
  readonly now: () => number;
}

/** A line for each blob that is being moved, and one for all; what is done stays above them. */
export class TerminalProgress implements ProgressView {
  readonly everyMs = EVERY_MS;
  readonly #dependencies: TerminalProgressDependencies;
  readonly #state: TransferState;
  readonly #finished: string[] = [];
  #drawn = 0;

  constructor(dependencies: TerminalProgressDependencies) {
    this.#dependencies = dependencies;
    this.#state = new TransferState(dependencies.now);
  }

  apply(event: CopyEvent): void {
    this.#state.apply(event);
    const line = imageLine(event);
    if (line !== undefined) this.#finished.push(line);
    if (event.type !== 'blob-done' && event.type !== 'blob-failed') return;
    const blob = this.#state.blob(event.blob.digest);
    if (blob !== undefined) this.#finished.push(outcomeLine(blob));
  }

  tick(): void {
    this.#draw({ isLast: false });
  }

  end(): void {
    this.#draw({ isLast: true });
  }

  #draw({ isLast }: { readonly isLast: boolean }): void {
    const terminal = this.#dependencies.terminal();
    if (terminal === undefined) return;
    const columns = Math.max(1, terminal.columns - 1);
    const { totals } = this.#state;
    if (isLast && totals.blobs > 0)
      this.#finished.push(totalsLine({ ...totals, rate: undefined, left: undefined }, columns));
    const live = isLast ? [] : this.#liveLines(columns, terminal.rows);
    const lines = [...this.#finished.splice(0).map((line) => line.slice(0, columns)), ...live];
    const up = this.#drawn === 0 ? '' : `\x1b[${this.#drawn}A`;
    // One write, so that no half picture is shown.
    if (lines.length > 0 || up !== '')
      terminal.write(`${up}\r${ERASE_BELOW}${lines.map((line) => `${line}\n`).join('')}`);
    this.#drawn = live.length;
  }

  /** Never more than the screen has, because the cursor cannot return to what has scrolled away. */
  #liveLines(columns: number, rows: number): string[] {
    const { totals, running } = this.#state;
    if (totals.blobs === 0) return [];
    const shown = running.slice(0, Math.max(0, rows - 2));
    return [...shown.map((blob) => runningLine(blob, columns)), totalsLine(totals, columns)];
  }
}
