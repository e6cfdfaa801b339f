import type { StorageDriver } from '../driver/index.ts';
import type { DriverMetrics } from './driver-metrics.ts';

/** The token to which a plugin of the kind `driver-wrapper` binds its port. */
export const DRIVER_WRAPPER: unique symbol = Symbol.for('stowage/DriverWrapper');

/** Wraps a storage driver, or another wrapper, for core. */
export interface DriverWrapper {
  /**
   * Returns a driver that keeps the whole contract and forwards what it does not do itself. Called once, before the
   * first request.
   * @param driver a guarded driver; the result owns it and disposes it when it is disposed itself
   * @throws Error whose message tells the operator what to do; then the caller disposes `driver`
   */
  wrap(driver: StorageDriver): StorageDriver | Promise<StorageDriver>;

  /** The cost of the calls of the wrapped drivers, if it measures them. */
  readonly metrics?: DriverMetrics | undefined;
}
