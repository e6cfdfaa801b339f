import { RegistryError } from '../../core/model/errors.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { Grant } from '../../core/ports/access-controller.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { CatalogService } from '../../core/registry/catalog-service.ts';
import { nextAfter, type Page, type PageRequest } from '../../core/registry/page.ts';
import { mayList } from './visibility.ts';

/** How many names are asked for at a time, at least: a client may want one, and see few. */
const MIN_BATCH = 100;
/** How many names that the client may not see one request passes over. */
const MAX_HIDDEN = 20_000;

/** For whom the catalog is listed. */
export interface Viewer {
  readonly grant: Grant;
  readonly call: CallContext;
}

/**
 * A page of the repositories that the client may pull. It passes over all others instead of returning a shorter page,
 * because the link to the next page names the last entry of this one. There is a next page only if the client sees
 * something on it. After 20 000 others the page ends early, and has a next one.
 * @throws RegistryError `DENIED` when the first 20 000 are all others
 */
export async function listVisible(
  catalog: CatalogService,
  { limit, after }: PageRequest,
  { grant, call }: Viewer,
): Promise<Page<RepositoryName>> {
  if (limit === 0) return { items: [], more: false };
  let items: RepositoryName[] = [];
  let hidden = 0;
  let start: string | undefined = after;
  for (;;) {
    call.signal?.throwIfAborted();
    const page = await catalog.list({ limit: Math.max(MIN_BATCH, limit + 1 - items.length), after: start }, call);
    const next = nextAfter(page, start);
    const visible = page.items.filter((name) => mayList(grant, name));
    items = items.concat(visible);
    hidden += page.items.length - visible.length;
    if (next === undefined || items.length > limit) {
      return { items: items.slice(0, limit), more: items.length > limit };
    }
    if (hidden >= MAX_HIDDEN) {
      if (items.length > 0) return { items, more: true };
      const reason = `you may not see the next ${hidden} repositories; name a later one in "last"`;
      throw new RegistryError('DENIED', { reason });
    }
    start = next;
  }
}
