import type { TagHistoryAdministration } from '../../../core/admin/tag-history-administration.ts';
import type { TagRestoration } from '../../../core/admin/tag-restoration.ts';
import { ADMIN_ROOT } from '../../../core/api/admin-root.ts';
import { nextPageUrl } from '../../../core/api/url-builder.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import { parseTag, type Tag } from '../../../core/model/reference.ts';
import { moveView } from '../../administration/move-view.ts';
import { timeOf } from '../../administration/run-view.ts';
import { parsePageRequest } from '../../http/pagination.ts';
import type { Query } from '../../http/query.ts';
import { queryTime } from '../../http/query-time.ts';
import { sendJson } from '../../http/responses.ts';
import type { Handler, Handlers } from '../route-context.ts';
import { noteAsked } from './note-asked.ts';
import { requiredRepository } from './required-repository.ts';

const PAGE = { byDefault: 100, maximum: 1000 };

/** The moves of tags. */
export function adminTagHistoryRoutes(history: TagHistoryAdministration): Handlers<'admin-tag-history'> {
  const list: Handler<'admin-tag-history'> = async ({ ctx, name, urls, call }) => {
    const repository = requiredRepository(name);
    const { query } = ctx.state;
    const { n, last: after } = parsePageRequest(query, PAGE);
    const [limit, tag] = [Math.max(n, 1), tagIn(query)];
    const page = await history.list(repository, { tag, limit, after, signal: call.signal });
    if (page.next !== undefined) {
      const url = `${urls.root}${ADMIN_ROOT}/tag-history`;
      ctx.set('Link', `<${nextPageUrl(url, { n: limit, last: page.next, repository, tag })}>; rel="next"`);
    }
    const moves = page.moves.map((move) => moveView(repository, move));
    sendJson(ctx, 200, JSON.stringify({ moves }));
  };
  return { GET: list, HEAD: list };
}

/** A tag as of a time. */
export function adminTagDigestRoutes(history: TagHistoryAdministration): Handlers<'admin-tag-digest'> {
  const get: Handler<'admin-tag-digest'> = async ({ ctx, name }) => {
    const repository = requiredRepository(name);
    const { tag, time } = tagAndTimeIn(ctx.state.query);
    const digest = await history.at(repository, tag, time);
    sendJson(ctx, 200, JSON.stringify({ repository, tag, at: timeOf(time.getTime()), digest }));
  };
  return { GET: get, HEAD: get };
}

/** A tag that points back to what it was. */
export function adminTagRestoreRoutes(restoration: TagRestoration): Handlers<'admin-tag-restore'> {
  return {
    POST: async ({ ctx, name, call, authorize }) => {
      const repository = requiredRepository(name);
      const { tag, time } = tagAndTimeIn(ctx.state.query);
      noteAsked(ctx, { tag });
      // A rule may deny pushes to administrators.
      const access = { type: 'repository', name: repository } as const;
      await authorize([
        { ...access, action: 'pull' },
        { ...access, action: 'push' },
      ]);
      const { digest, before } = await restoration.restore(repository, tag, time, call);
      if (before !== digest) ctx.state.scope.audit?.noteRestored({ digest, tag });
      sendJson(ctx, 200, JSON.stringify({ repository, tag, at: timeOf(time.getTime()), digest, before }));
    },
  };
}

function tagAndTimeIn(query: Pick<Query, 'all' | 'first'>): { readonly tag: Tag; readonly time: Date } {
  const [tag, time] = [tagIn(query), queryTime(query, 'at')];
  if (tag === undefined) throw new RegistryError('TAG_INVALID', { reason: 'the query must name a tag: &tag=<tag>' });
  if (time === undefined) throw new RegistryError('QUERY_INVALID', { reason: '"at" is missing' });
  return { tag, time };
}

function tagIn(query: Pick<Query, 'first'>): Tag | undefined {
  const text = query.first('tag');
  return text === undefined ? undefined : parseTag(text);
}
