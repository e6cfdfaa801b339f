import type { StorageDriver } from '../../core/driver/index.ts';
import type { DriverMetrics } from '../../core/ports/driver-metrics.ts';
import type { DriverWrapper } from '../../core/ports/driver-wrapper.ts';

/** A driver wrapper of contract 1: its metrics had another name. */
export interface FirstDriverWrapper extends Pick<DriverWrapper, 'wrap'>, Partial<Disposable>, Partial<AsyncDisposable> {
  readonly figures?: DriverMetrics;
}

/** Calls a driver wrapper of contract 1, and shows its metrics under their current name. */
export class BridgedDriverWrapper implements DriverWrapper, AsyncDisposable {
  readonly #inner: FirstDriverWrapper;
  readonly #disposes: boolean;

  constructor(inner: FirstDriverWrapper, { disposes }: { readonly disposes: boolean }) {
    this.#inner = inner;
    this.#disposes = disposes;
  }

  get metrics(): DriverMetrics | undefined {
    return this.#inner.figures;
  }

  wrap(driver: StorageDriver): StorageDriver | Promise<StorageDriver> {
    return this.#inner.wrap(driver);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#disposes) return;
    if (this.#inner[Symbol.asyncDispose] === undefined) this.#inner[Symbol.dispose]?.();
    else await this.#inner[Symbol.asyncDispose]?.();
  }
}
