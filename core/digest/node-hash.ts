import { createHash, hash as hashOnce } from 'node:crypto';
import type { DigestAlgorithm, RunningHash } from './digest-algorithm.ts';

/** The hash functions of an algorithm that Node provides under an OpenSSL name. */
export function nodeHashes(name: string): Required<Pick<DigestAlgorithm, 'createHash' | 'hashOnce'>> {
  return {
    createHash: () => nodeHash(name),
    hashOnce: (bytes) => hashOnce(name, bytes, 'hex'),
  };
}

function nodeHash(name: string): RunningHash {
  const hash = createHash(name);
  return { update: (bytes) => hash.update(bytes), digest: () => hash.copy().digest('hex') };
}
