/** Runs actions one after the other and collects their failures, so that all are reported at once. */
export class Failures {
  readonly #errors: unknown[] = [];

  get errors(): readonly unknown[] {
    return this.#errors;
  }

  /** The result of `action`; `undefined` when it has failed. An AggregateError counts as the errors in it. */
  async of<Result>(action: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await action();
    } catch (error) {
      this.#errors.push(...(error instanceof AggregateError ? (error.errors as unknown[]) : [error]));
      return undefined;
    }
  }

  /** The failure, or an AggregateError of several. */
  all(): Error {
    const [first, ...others] = this.#errors;
    if (others.length === 0 && first instanceof Error) return first;
    return new AggregateError(this.#errors, this.#errors.map(String).join('\n'));
  }
}
