import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The most memory that was in use, whenever somebody looked. */
export class PeakHeap {
  readonly #collect: () => void;
  readonly #before: number;
  #most = 0;

  constructor() {
    setFlagsFromString('--expose-gc');
    this.#collect = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
    this.#before = this.#inUse();
  }

  /** Looks now. */
  look(): void {
    this.#most = Math.max(this.#most, this.#inUse() - this.#before);
  }

  /** In bytes, beyond what was in use in the beginning. */
  get bytes(): number {
    return this.#most;
  }

  #inUse(): number {
    this.#collect();
    return process.memoryUsage().heapUsed;
  }
}
