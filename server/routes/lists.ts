import { nextPageUrl } from '../../core/api/url-builder.ts';
import type { CatalogService } from '../../core/registry/catalog-service.ts';
import type { Page } from '../../core/registry/page.ts';
import type { TagService } from '../../core/registry/tag-service.ts';
import { parsePagination } from '../http/pagination.ts';
import type { Context } from '../http/request-scope.ts';
import { sendJson } from '../http/responses.ts';
import type { HttpSettings } from '../settings.ts';
import type { Handlers } from './exchange.ts';

const DEFAULT_CATALOG_ENTRIES = 100;

/** The catalog: the names of all repositories. */
export function catalogRoutes(catalog: CatalogService, settings: HttpSettings): Handlers<'catalog'> {
  const list: Handlers<'catalog'>['GET'] = async ({ ctx, urls }) => {
    const { limit, after } = parsePagination(ctx.querystring, settings.maxCatalogEntries);
    const page = await catalog.list({ limit: limit ?? Math.min(DEFAULT_CATALOG_ENTRIES, settings.maxCatalogEntries), after });
    linkNext(ctx, urls.catalog(), page);
    sendJson(ctx, 200, JSON.stringify({ repositories: page.items }));
  };
  return { GET: list, HEAD: list };
}

/** The tags of a repository. */
export function tagsRoutes(tags: TagService, settings: HttpSettings): Handlers<'tags'> {
  const list: Handlers<'tags'>['GET'] = async ({ ctx, name, urls }) => {
    const page = await tags.list(name, parsePagination(ctx.querystring, settings.maxTags));
    linkNext(ctx, urls.tags(name), page);
    sendJson(ctx, 200, JSON.stringify({ name, tags: page.items }));
  };
  return { GET: list, HEAD: list };
}

function linkNext(ctx: Context, url: string, { items, more }: Page<string>): void {
  const last = items.at(-1);
  if (more && last !== undefined) ctx.set('Link', `<${nextPageUrl(url, { n: items.length, last })}>; rel="next"`);
}
