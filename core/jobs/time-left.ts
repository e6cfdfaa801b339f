/** How much must be done before the rest can be estimated, of what is left. */
const MIN_PART = 0.001;

/** Estimates when work is complete: the rest takes as long as what was done since the first call, in proportion. */
export class TimeLeft {
  #first: { readonly done: number; readonly atMs: number } | undefined;

  /**
   * The seconds until everything is done, rounded; `undefined` while too little is done.
   * @param done how much is done, including what an earlier run has done
   * @param total at least `done`
   * @param nowMs by a clock that does not jump, in milliseconds
   */
  seconds(done: number, total: number, nowMs: number): number | undefined {
    this.#first ??= { done, atMs: nowMs };
    const own = done - this.#first.done;
    const left = total - done;
    if (own <= 0 || own < left * MIN_PART) return undefined;
    return Math.round(((nowMs - this.#first.atMs) * left) / own / 1000);
  }
}
