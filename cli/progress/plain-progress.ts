import type { CopyEvent } from '../../client/copy/copy-event.ts';
import { imageLine } from './image-line.ts';
import { outcomeLine, totalsLine } from './progress-lines.ts';
import type { ProgressView } from './progress-view.ts';
import { TransferState } from './transfer-state.ts';

/** Often enough that no CI takes the job for dead, and seldom enough for its log. */
const EVERY_MS = 5000;

/** What a {@link PlainProgress} writes with. */
export interface PlainProgressDependencies {
  readonly complain: (line: string) => void;
  /** Milliseconds of a clock that does not jump. */
  readonly now: () => number;
}

/** A line for each blob that is done, and every five seconds one for all: for logs, which have no cursor. */
export class PlainProgress implements ProgressView {
  readonly everyMs = EVERY_MS;
  readonly #complain: (line: string) => void;
  readonly #state: TransferState;

  constructor({ complain, now }: PlainProgressDependencies) {
    this.#complain = complain;
    this.#state = new TransferState(now);
  }

  apply(event: CopyEvent): void {
    this.#state.apply(event);
    const line = imageLine(event);
    if (line !== undefined) this.#complain(line);
    if (event.type !== 'blob-done' && event.type !== 'blob-failed') return;
    const blob = this.#state.blob(event.blob.digest);
    if (blob !== undefined) this.#complain(outcomeLine(blob));
  }

  tick(): void {
    if (this.#state.totals.blobs > 0) this.#complain(totalsLine(this.#state.totals));
  }

  end(): void {
    const { totals } = this.#state;
    if (totals.blobs > 0) this.#complain(totalsLine({ ...totals, left: undefined }));
  }
}
