import { type Content, repositoryName, tagName } from '../content.ts';
import type { LoadResult } from '../load/load-result.ts';
import { get, getLoad, type Item, type Target } from './item.ts';

const PAGE = 100;
const CONNECTIONS = 4;

/** Lists of tags, repositories and referrers: whole ones, and first and last pages. */
export const LISTS: readonly Item[] = [
  list('tags-all', 'All 2 000 tags', () => '/v2/bench/tags-some/tags/list'),
  list('tags-page', 'Page of 100 of 2 000 tags', () => `/v2/bench/tags-some/tags/list?n=${PAGE}`),
  list('tags-few', 'Page of 100 of 1 000 tags', () => `/v2/bench/tags-few/tags/list?n=${PAGE}`),
  list('tags-many', 'Page of 100 of 100 000 tags', () => `/v2/bench/tags-many/tags/list?n=${PAGE}`),
  list(
    'tags-many-last',
    'Last page of 100 of 100 000 tags',
    ({ scale }) => `/v2/bench/tags-many/tags/list?n=${PAGE}&last=${tagName(before(scale.tags.many))}`,
  ),
  list('catalog-first', 'First page of 100 of 5 000 repositories', () => `/v2/_catalog?n=${PAGE}`),
  list(
    'catalog-last',
    'Last page of 100 of 5 000 repositories',
    ({ scale }) => `/v2/_catalog?n=${PAGE}&last=${repositoryName(before(scale.repositories))}`,
  ),
  list('referrers-all', '500 referrers', referrers),
  list('referrers-first', 'First page of 100 of 500 referrers', referrersPage),
  { ...list('referrers-last', 'Last page of 100 of 500 referrers', referrersPage), run: lastReferrers },
];

function list(id: string, title: string, path: (content: Content) => string): Item {
  return get(id, title, path, CONNECTIONS);
}

/** The number of the entry before the last page. */
function before(count: number): number {
  return Math.max(0, count - PAGE - 1);
}

/** Follows the links to the last page and measures that. */
async function lastReferrers(target: Target): Promise<LoadResult | undefined> {
  let url = `${target.url}${referrersPage(target.content)}`;
  for (;;) {
    const response = await fetch(url);
    await response.arrayBuffer();
    if (response.status === 404) return undefined;
    const next = /<([^>]+)>; *rel="?next"?/.exec(response.headers.get('link') ?? '')?.[1];
    if (next === undefined) return getLoad(url, target, CONNECTIONS);
    url = new URL(next, url).href;
  }
}

function referrers({ manifest }: Content): string {
  return `/v2/bench/app/referrers/${manifest.digest}`;
}

function referrersPage(content: Content): string {
  return `${referrers(content)}?n=${PAGE}`;
}
