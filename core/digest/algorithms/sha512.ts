import { createHash } from 'node:crypto';
import type { DigestAlgorithm } from '../digest-algorithm.ts';
import { resumableSha } from '../resumable-sha.ts';
import { SHA512 } from '../sha-state.ts';

export const sha512: DigestAlgorithm = {
  name: 'sha512',
  hexLength: 128,
  createHash: () => createHash('sha512'),
  resumable: resumableSha(SHA512),
};
