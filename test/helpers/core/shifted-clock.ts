/** Shifts the wall clock of this process; for files with `test.serial` only. Disposal sets it right. */
export class ShiftedClock implements Disposable {
  readonly #now = Date.now;

  constructor(byMs: number) {
    const now = this.#now;
    Date.now = () => now() + byMs;
  }

  [Symbol.dispose](): void {
    Date.now = this.#now;
  }
}
