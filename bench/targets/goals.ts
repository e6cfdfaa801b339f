import { DISTRIBUTION, DOCKER_REGISTRY } from '../contenders/distribution.ts';

/** For each rival, the lowest acceptable ratio of the throughput to its own, by item. */
export const LEAST_RATIOS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  [DISTRIBUTION]: {
    'image-1': 2,
    'image-8': 2.2,
    'image-patch-8': 2,
    'tags-set': 1,
    base: 3,
    'manifest-tag': 2.8,
    'manifest-digest': 3.4,
    'blob-small': 14,
    'blob-large-1': 1.2,
    'blob-large-4': 1.3,
    'blob-large-16': 1.3,
    'push-monolithic': 1.4,
  },
  [DOCKER_REGISTRY]: {
    'tags-all': 1,
    base: 10,
    'manifest-tag': 10,
    'manifest-digest': 10,
    'blob-head': 10,
    'blob-small': 10,
    'blob-large-4': 1,
    'blob-large-16': 1,
    'push-monolithic': 1.5,
  },
};

/** One process has to reach only this part of the ratios to distribution of items that a second worker speeds up. */
export const ONE_PROCESS_SHARE = 0.75;
export const SPED_UP: readonly string[] = ['base', 'manifest-tag', 'manifest-digest', 'blob-small'];

/** The highest acceptable ratio of the processor time per image to that of distribution. */
export const MOST_CPU_RATIO = 0.6;
export const CPU_ITEMS = ['image-1', 'image-8', 'image-patch-8'] as const;

/** The lowest acceptable throughput with several workers. */
export const LEAST_RATES: Readonly<Record<string, number>> = { 'referrers-all': 500 };

/** Two items, and how many times the cost of the first the second may have. */
export const COSTS = [
  { cheap: 'tags-few', dear: 'tags-many', most: 2, title: 'page of 100 000 tags to one of 1 000' },
  { cheap: 'tags-many', dear: 'tags-many-last', most: 2, title: 'last page of tags to the first' },
  { cheap: 'catalog-last', dear: 'catalog-first', most: 1.3, title: 'first page of the catalog to the last' },
  { cheap: 'catalog-first', dear: 'catalog-last', most: 2, title: 'last page of the catalog to the first' },
  { cheap: 'referrers-first', dear: 'referrers-last', most: 2, title: 'last page of referrers to the first' },
] as const;

/** The lowest acceptable throughput of a large push, as a part of that of sha256 alone. */
export const LEAST_DIGEST_SHARE = 0.7;

export const MOST_START_SECONDS = 0.35;
export const MOST_MIB = { idle: 75, after: 160, slow: 200 } as const;
/** The highest acceptable ratio of the idle memory of several workers to that of one process. */
export const MOST_WORKERS_RATIO = 2.3;
export const MOST_FAR_MS = { blob: 130, manifest: 160 } as const;

/** For a push or pull of the client, the highest acceptable ratio to the rival that needs least. */
export const MOST_CLIENT_RATIOS = { wall: 0.9, cpu: 1 } as const;
/** The highest acceptable peak memory of a push or pull of the client, in MB. */
export const MOST_CLIENT_MB = 160;
/** How long the client may take to list tags, from its start to its end. */
export const MOST_TAGS_SECONDS = 0.25;
