import { type Content, OCI_MANIFEST, repositoryName, tagName } from './content.ts';
import { runJob } from './load/job.ts';
import type { LoadResult } from './load/load-result.ts';
import { runWrk } from './load/wrk.ts';

const PAGE = 100;
const CONNECTIONS = 16;

/** A registry that is filled. */
export interface Target {
  readonly url: string;
  readonly content: Content;
}

/** A kind of load that is measured. */
export interface Item {
  readonly id: string;
  readonly title: string;
  readonly unit: 'requests/s' | 'MB/s' | 'pushes/s';
  /** How many bytes of new files one run makes. */
  readonly newBytes?: (content: Content) => number;
  /** `undefined` when the registry does not support it. */
  readonly run: (target: Target, round: string) => Promise<LoadResult | undefined>;
}

/** All items, in the order of measurement. */
export const ITEMS: readonly Item[] = [
  get('base', 'GET /v2/', () => '/v2/'),
  get('manifest-tag', 'GET manifest by tag', () => '/v2/bench/app/manifests/latest'),
  get('manifest-digest', 'GET manifest by digest', ({ manifest }) => `/v2/bench/app/manifests/${manifest.digest}`),
  {
    id: 'blob-head',
    title: 'HEAD blob of 4 KiB',
    unit: 'requests/s',
    run: ({ url, content }) =>
      runJob({ kind: 'head', ...timed(url, smallBlob(content), content), connections: CONNECTIONS }),
  },
  get('blob-small', 'GET blob of 4 KiB', smallBlob),
  ...[1, 4, 16].map(large),
  push('push-monolithic', 'Push 512 MiB in one request', ({ scale }) => ({
    bytes: scale.pushBytes,
    count: 1,
    connections: 1,
  })),
  push('push-chunked', 'Push 512 MiB in chunks of 16 MiB', ({ scale }) => ({
    bytes: scale.pushBytes,
    chunkBytes: scale.chunkBytes,
    count: 1,
    connections: 1,
  })),
  push('push-small', 'Push 200 blobs of 4 KiB, 8 at a time', ({ scale }) => ({
    bytes: scale.smallBytes,
    count: scale.smallPushes,
    connections: 8,
  })),
  get('tags-first', 'First page of 100 of 10 000 tags', () => `/v2/bench/tags/tags/list?n=${PAGE}`, 4),
  get(
    'tags-last',
    'Last page of 100 of 10 000 tags',
    ({ scale }) => `/v2/bench/tags/tags/list?n=${PAGE}&last=${tagName(before(scale.tags))}`,
    4,
  ),
  get('catalog-first', 'First page of 100 of 5 000 repositories', () => `/v2/_catalog?n=${PAGE}`, 4),
  get(
    'catalog-last',
    'Last page of 100 of 5 000 repositories',
    ({ scale }) => `/v2/_catalog?n=${PAGE}&last=${repositoryName(before(scale.repositories))}`,
    4,
  ),
  get('referrers', 'Referrers of a subject with 1 000, first page', referrersPath, 4),
  { ...get('referrers-last', 'Referrers of a subject with 1 000, last page', referrersPath, 4), run: lastReferrers },
];

/** The number of the entry before the last page. */
function before(count: number): number {
  return Math.max(0, count - PAGE - 1);
}

function get(id: string, title: string, path: (content: Content) => string, connections = CONNECTIONS): Item {
  return {
    id,
    title,
    unit: 'requests/s',
    run: (target) => getLoad(`${target.url}${path(target.content)}`, target, connections),
  };
}

async function getLoad(url: string, { content }: Target, connections: number): Promise<LoadResult | undefined> {
  const headers = { Accept: OCI_MANIFEST };
  // The first answer may come from the disk, which is not measured.
  const response = await fetch(url, { headers });
  await response.arrayBuffer();
  if (response.status === 404) return undefined;
  return runWrk({ url, connections, seconds: content.scale.seconds, headers });
}

function large(connections: number): Item {
  return {
    id: `blob-large-${connections}`,
    title: `GET blob of 64 MiB, ${connections} at a time`,
    unit: 'MB/s',
    run: ({ url, content }) =>
      runJob({ kind: 'download', ...timed(url, `/v2/bench/app/blobs/${content.large.digest}`, content), connections }),
  };
}

function push(
  id: string,
  title: string,
  what: (content: Content) => { bytes: number; chunkBytes?: number; count: number; connections: number },
): Item {
  return {
    id,
    title,
    unit: id === 'push-small' ? 'pushes/s' : 'MB/s',
    newBytes: (content) => what(content).bytes * what(content).count,
    run: ({ url, content }, round) =>
      runJob({ kind: 'push', url, repository: 'bench/push', seed: `${id} ${round}`, ...what(content) }),
  };
}

/** Follows the links to the last page and measures that. */
async function lastReferrers(target: Target): Promise<LoadResult | undefined> {
  let url = `${target.url}${referrersPath(target.content)}`;
  for (;;) {
    const response = await fetch(url);
    await response.arrayBuffer();
    if (response.status === 404) return undefined;
    const next = /<([^>]+)>; *rel="?next"?/.exec(response.headers.get('link') ?? '')?.[1];
    if (next === undefined) return getLoad(url, target, 4);
    url = new URL(next, url).href;
  }
}

function timed(url: string, path: string, { scale }: Content): { url: string; seconds: number } {
  return { url: `${url}${path}`, seconds: scale.seconds };
}

function smallBlob({ small }: Content): string {
  return `/v2/bench/app/blobs/${small.digest}`;
}

function referrersPath({ manifest }: Content): string {
  return `/v2/bench/app/referrers/${manifest.digest}`;
}
