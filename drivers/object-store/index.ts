/**
 * What an object-store driver is made of, published as `stowage/object-store`: the port {@link ObjectStore}, the driver
 * over it, and parts for implementing it.
 */
export { bytesBetween } from './byte-queue.ts';
export { decodeCrc32c, encodeCrc32c } from './crc32c.ts';
export { hasStatus, isTransient, StalledError, StatusError, TruncatedError } from './failures.ts';
export { type ContentFacts, httpContent } from './http-content.ts';
export {
  askedWaitMs,
  HttpTransport,
  type StoreAnswer,
  type StoreRequest,
  type TransportOptions,
} from './http-transport.ts';
export { KeyMapper } from './keys.ts';
export { isMarker } from './marker-keys.ts';
export * from './object-store.ts';
export { type ObjectStoreDependencies, ObjectStoreDriver } from './object-store-driver.ts';
export { Retries, type RetryOptions } from './retries.ts';
export { CONTENT_TYPE, checksumOf, isStored } from './stored-object.ts';
