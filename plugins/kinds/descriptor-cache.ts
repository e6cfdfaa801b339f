import { DESCRIPTOR_CACHE } from '../../core/ports/index.ts';
import { type KindContract, methods, missingMembers } from './kind-contract.ts';

/** Remembers which blobs repositories have: see `DescriptorCache`. */
export const descriptorCache: KindContract = {
  kind: 'descriptor-cache',
  token: DESCRIPTOR_CACHE,
  tokenName: 'DESCRIPTOR_CACHE',
  noun: 'descriptor cache',
  prefix: 'stowage-cache-',
  allows: 'one',
  builtIn: {
    inmemory: () => import('../caches/inmemory.ts'),
    redis: () => import('../caches/redis.ts'),
  },
  problems: (port) => missingMembers('descriptor cache', port, methods('get', 'set', 'delete')),
};
