import { nextPageUrl } from '../../core/api/url-builder.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { Grant } from '../../core/ports/access-controller.ts';
import type { CatalogService } from '../../core/registry/catalog-service.ts';
import type { Page } from '../../core/registry/page.ts';
import type { TagService } from '../../core/registry/tag-service.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { parsePageRequest } from '../http/pagination.ts';
import type { Context } from '../http/request-scope.ts';
import { sendJson } from '../http/responses.ts';
import type { Handler, Handlers } from './route-context.ts';

const DEFAULT_CATALOG_ENTRIES = 100;

/** The catalog: the names of all repositories. */
export function catalogRoutes(catalog: CatalogService, settings: HttpSettings): Handlers<'catalog'> {
  const list: Handler<'catalog'> = async ({ ctx, urls, call, grant }) => {
    const { n, last } = parsePageRequest(ctx.state.query, {
      byDefault: Math.min(DEFAULT_CATALOG_ENTRIES, settings.maxCatalogEntries),
      maximum: settings.maxCatalogEntries,
    });
    const page = await visiblePage((after) => catalog.list({ limit: n, after }, call), {
      limit: n,
      after: last,
      grant,
    });
    linkNext(ctx, urls.catalog(), page);
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
    linkNext(ctx, urls.tags(name), page);
    sendJson(ctx, 200, JSON.stringify({ name, tags: page.items }));
  };
  return { GET: list, HEAD: list };
}

function linkNext(ctx: Context, url: string, { items, more }: Page<string>): void {
  const last = items.at(-1);
  if (more && last !== undefined) ctx.set('Link', `<${nextPageUrl(url, { n: items.length, last })}>; rel="next"`);
}

/**
 * A page of the repositories that the client may pull. It skips all others instead of returning a shorter page, because
 * the link to the next page names the last entry of this one.
 */
async function visiblePage(
  list: (after: string | undefined) => Promise<Page<RepositoryName>>,
  {
    limit,
    after,
    grant,
  }: { readonly limit: number; readonly after: string | undefined; readonly grant?: Grant | undefined },
): Promise<Page<RepositoryName>> {
  let page = await list(after);
  if (grant?.allows === undefined) return page;
  const isVisible = (name: RepositoryName): boolean =>
    grant.allows?.({ type: 'repository', name, action: 'pull' }) === true;
  const items = page.items.filter(isVisible);
  while (page.more && items.length < limit) {
    page = await list(page.items.at(-1));
    items.push(...page.items.filter(isVisible));
  }
  return { items: items.slice(0, limit), more: page.more || items.length > limit };
}
