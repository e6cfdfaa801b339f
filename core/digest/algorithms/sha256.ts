import type { DigestAlgorithm } from '../digest-algorithm.ts';
import { nodeHashes } from '../node-hash.ts';
import { resumableSha } from '../resumable-sha.ts';
import { SHA256 } from '../sha-state.ts';

export const sha256: DigestAlgorithm = {
  name: 'sha256',
  hexLength: 64,
  ...nodeHashes('sha256'),
  resumable: resumableSha(SHA256),
};
