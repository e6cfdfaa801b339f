import './least-node.ts';

/** The test kit for storage drivers, published as `stowage/testing`. */
export { GROUPS, type Group } from './driver-case.ts';
export { type DriverSuiteOptions, driverSuite } from './driver-suite.ts';
export { type CallSite, type Fault, FaultDriver } from './fault-driver.ts';
export { GUARANTEES, type Guarantee, type GuaranteeName } from './guarantees.ts';
export type { DriverUnderTest, StoreSource } from './prove-case.ts';
export { type ProvedCase, type ProveOptions, proveDriver } from './prove-driver.ts';
