import type { StorageDriver } from '../driver/index.ts';
import type { DriverMetrics } from './driver-metrics.ts';

/** What a plugin of the kind `driver-wrapper` binds. */
export const DRIVER_WRAPPER: unique symbol = Symbol.for('stowage/DriverWrapper');

/** Stands between core and a storage driver, or another wrapper. */
export interface DriverWrapper {
  /**
   * A driver that keeps the whole contract and passes on what it does not do itself. Called once, before the
   * first request.
   * @param driver guarded; from now on it belongs to the result, which disposes it when it is disposed itself
   * @throws Error whose message tells the operator what to do; then `driver` is disposed by the caller
   */
  wrap(driver: StorageDriver): StorageDriver | Promise<StorageDriver>;

  /** What the calls of the drivers that it has wrapped cost, where it counts them. */
  readonly metrics?: DriverMetrics | undefined;
}
