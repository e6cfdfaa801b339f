import type { DigestAlgorithm } from '../digest-algorithm.ts';
import { nodeHashes } from '../node-hash.ts';
import { resumableSha } from '../resumable-sha.ts';
import { SHA512 } from '../sha-state.ts';

export const sha512: DigestAlgorithm = {
  name: 'sha512',
  hexLength: 128,
  ...nodeHashes('sha512'),
  resumable: resumableSha(SHA512),
};
