import { TimeLeft } from '../../core/jobs/time-left.ts';
import { formatBytes } from '../../core/model/units.ts';
import { formatSeconds } from '../progress/quantities.ts';

/** Often enough to see that it works, and seldom enough for a log, in milliseconds. */
const EVERY_MS = 10_000;

/** Writes a line about the progress of a copy every ten seconds. */
export class CopyProgress {
  readonly #complain: (line: string) => void;
  readonly #timeLeft = new TimeLeft();
  #saidMs = performance.now();
  #bytes = 0;
  #saidBytes = 0;

  constructor(complain: (line: string) => void) {
    this.#complain = complain;
  }

  onBytes(bytes: number): void {
    this.#bytes += bytes;
  }

  /** @param total the estimated number at the end */
  onContent(done: number, total: number): void {
    const left = this.#timeLeft.seconds(done, total, performance.now());
    const rest = left === undefined ? '' : `, about ${formatSeconds(left)} left for blobs`;
    this.#say(`looked at ${done} of about ${total} blobs`, rest);
  }

  onRepository(done: number): void {
    this.#say(`looked at ${done} repositories`, '');
  }

  #say(what: string, rest: string): void {
    const now = performance.now();
    const sinceMs = now - this.#saidMs;
    if (sinceMs < EVERY_MS) return;
    const rate = formatBytes(((this.#bytes - this.#saidBytes) * 1000) / sinceMs);
    this.#saidMs = now;
    this.#saidBytes = this.#bytes;
    this.#complain(`${what}, ${formatBytes(this.#bytes)} read, ${rate}/s${rest}`);
  }
}
