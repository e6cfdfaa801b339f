import type { DigestAlgorithm } from '../digest-algorithm.ts';
import { sha256 } from './sha256.ts';
import { sha512 } from './sha512.ts';
import { tarsumAlgorithm } from './tarsum.ts';

/** The algorithms that the registry knows. To add one, add a file to this folder and name it here. */
export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = [
  sha256,
  sha512,
  ...(['', 'v1', 'dev'] as const).map((version) => tarsumAlgorithm(version, sha256)),
];
