/** The token to which a plugin of the kind `digest-algorithm` binds its port. */
export const DIGEST_ALGORITHM: unique symbol = Symbol.for('stowage/DigestAlgorithm');

export type { DigestAlgorithm, HashImplementation, ResumableDigest, RunningHash } from '../digest/digest-algorithm.ts';
