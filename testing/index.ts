/** The test kit of storage drivers; published as `stowage/testing`. */
export * from './driver-suite.ts';
