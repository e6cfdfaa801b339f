import type { StorageDriver } from '../../core/driver/index.ts';
import type { DriverMetrics } from '../../core/ports/driver-metrics.ts';
import type { DriverWrapper } from '../../core/ports/driver-wrapper.ts';
import { BridgedPort } from './bridged-port.ts';

/** A driver wrapper of contract 1, in which the metrics had another name. */
export interface FirstDriverWrapper extends Pick<DriverWrapper, 'wrap'>, Partial<Disposable>, Partial<AsyncDisposable> {
  readonly figures?: DriverMetrics;
}

/** Adapts a driver wrapper of contract 1: shows its metrics under their current name. */
export class BridgedDriverWrapper extends BridgedPort<FirstDriverWrapper> implements DriverWrapper {
  get metrics(): DriverMetrics | undefined {
    return this.inner.figures;
  }

  wrap(driver: StorageDriver): StorageDriver | Promise<StorageDriver> {
    return this.inner.wrap(driver);
  }
}
