import { nextPageUrl } from '../../core/api/url-builder.ts';
import type { CatalogService } from '../../core/registry/catalog-service.ts';
import { nextAfter, type Page } from '../../core/registry/page.ts';
import type { TagService } from '../../core/registry/tag-service.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { parsePageRequest } from '../http/pagination.ts';
import type { Context } from '../http/request-scope.ts';
import { sendJson } from '../http/responses.ts';
import { listVisible } from './list-visible.ts';
import type { Handler, Handlers } from './route-context.ts';

const DEFAULT_CATALOG_ENTRIES = 100;

/** The catalog: the names of all repositories. */
export function catalogRoutes(catalog: CatalogService, settings: HttpSettings): Handlers<'catalog'> {
  const list: Handler<'catalog'> = async ({ ctx, urls, call, grant }) => {
    const { n, last } = parsePageRequest(ctx.state.query, {
      byDefault: Math.min(DEFAULT_CATALOG_ENTRIES, settings.maxCatalogEntries),
      maximum: settings.maxCatalogEntries,
    });
    const request = { limit: n, after: last };
    const page = await (grant?.allows === undefined
      ? catalog.list(request, call)
      : listVisible(catalog, request, { grant, call }));
    linkNext(ctx, urls.catalog(), { page, after: last });
    sendJson(ctx, 200, JSON.stringify({ repositories: page.items }));
  };
  return { GET: list, HEAD: list };
}

/** The tags of a repository. */
export function tagsRoutes(tags: TagService, settings: HttpSettings): Handlers<'tags'> {
  const list: Handler<'tags'> = async ({ ctx, name, urls, call }) => {
    const { n, last } = parsePageRequest(ctx.state.query, {
      byDefault: Number.POSITIVE_INFINITY,
      maximum: settings.maxTags,
    });
    const page = await tags.list(name, { limit: n, after: last }, call);
    linkNext(ctx, urls.tags(name), { page, after: last });
    sendJson(ctx, 200, JSON.stringify({ name, tags: page.items }));
  };
  return { GET: list, HEAD: list };
}

function linkNext(
  ctx: Context,
  url: string,
  { page, after }: { readonly page: Page<string>; readonly after: string | undefined },
): void {
  const last = nextAfter(page, after);
  if (last !== undefined) ctx.set('Link', `<${nextPageUrl(url, { n: page.items.length, last })}>; rel="next"`);
}
