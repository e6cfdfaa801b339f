/** How a bridge treats the object of the plugin. */
export interface BridgeOptions {
  /** Whether disposing the bridge disposes the object. */
  readonly disposes: boolean;
}

/** Wraps an object that a plugin of an earlier contract has bound, and disposes it in place of the loader. */
export abstract class BridgedPort<Inner extends Partial<AsyncDisposable & Disposable>> implements AsyncDisposable {
  protected readonly inner: Inner;
  readonly #disposes: boolean;

  constructor(inner: Inner, { disposes }: BridgeOptions) {
    this.inner = inner;
    this.#disposes = disposes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#disposes) return;
    if (this.inner[Symbol.asyncDispose] === undefined) this.inner[Symbol.dispose]?.();
    else await this.inner[Symbol.asyncDispose]?.();
  }
}
