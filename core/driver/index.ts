/** Everything that a storage driver may import; published as `stowage/driver`. */
export * from './abortable.ts';
export * from './capability-problems.ts';
export * from './define-driver.ts';
export * from './driver-capabilities.ts';
export * from './driver-error.ts';
export * from './entry-batches.ts';
export * from './forwarding-driver.ts';
export * from './guard-driver.ts';
export type { DriverCall, DriverObserver } from './guarded-calls.ts';
export * from './options-error.ts';
export * from './storage-driver.ts';
export * from './storage-path.ts';
