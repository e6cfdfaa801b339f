import type { Restored, TrashAdministration } from '../../../core/admin/trash-administration.ts';
import { ADMIN_ROOT } from '../../../core/api/admin-root.ts';
import { nextPageUrl } from '../../../core/api/url-builder.ts';
import type { Digest } from '../../../core/digest/digest.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import { parseReference, type Reference } from '../../../core/model/reference.ts';
import { deletionView } from '../../administration/deletion-view.ts';
import { parsePageRequest } from '../../http/pagination.ts';
import type { Query } from '../../http/query.ts';
import { sendJson } from '../../http/responses.ts';
import type { Handler, Handlers } from '../route-context.ts';
import { ADMINISTRATION } from '../steps/authorize.ts';
import { noteAsked } from './note-asked.ts';
import { queryFlag } from './query-flag.ts';

const PAGE = { byDefault: 100, maximum: 1000 };
const NEVER = new AbortController().signal;
/** The name of all repositories, where something is done to each of them. */
const EVERY = '*';

/** What was deleted and can come back. */
export function adminTrashRoutes(trash: TrashAdministration): Handlers<'admin-trash'> {
  const list: Handler<'admin-trash'> = async ({ ctx, name: repository, urls, call }) => {
    const { n, last: after } = parsePageRequest(ctx.state.query, PAGE);
    const limit = Math.max(n, 1);
    const page = await trash.list({ limit, after, repository, signal: call.signal });
    if (page.next !== undefined) {
      const url = nextPageUrl(`${urls.root}${ADMIN_ROOT}/trash`, { n: limit, last: page.next, repository });
      ctx.set('Link', `<${url}>; rel="next"`);
    }
    sendJson(ctx, 200, JSON.stringify({ deletions: page.deletions.map(deletionView) }));
  };
  return {
    GET: list,
    HEAD: list,
    DELETE: async ({ ctx, name: repository, call, authorize }) => {
      // A rule may deny deletes to administrators.
      await authorize([{ type: 'repository', name: repository ?? EVERY, action: 'delete' }]);
      const dryRun = queryFlag(ctx.state.query, 'dry-run');
      const size = await trash.empty({ repository, dryRun, signal: call.signal ?? NEVER });
      sendJson(ctx, 200, JSON.stringify(size));
    },
  };
}

/** What garbage collections have removed. */
export function adminTrashSweptRoutes(trash: TrashAdministration): Handlers<'admin-trash-swept'> {
  const count: Handler<'admin-trash-swept'> = async ({ ctx, call }) => {
    sendJson(ctx, 200, JSON.stringify(await trash.sizeSwept(call.signal ?? NEVER)));
  };
  return { GET: count, HEAD: count };
}

/** What comes back. */
export function adminTrashRestoreRoutes(trash: TrashAdministration): Handlers<'admin-trash-restore'> {
  return {
    POST: async ({ ctx, name, call, authorize }) => {
      const { query, scope } = ctx.state;
      const [what, isForced] = [wantedIn(query), queryFlag(query, 'force')];
      noteAsked(ctx, { force: isForced });
      const onRestored = (restored: Restored): void => void scope.audit?.noteRestored(restored);
      if (name === undefined) {
        // The blob may come back to any repository.
        await authorize([{ type: 'repository', name: EVERY, action: 'push' }]);
        const { digest, repositories } = await trash.restoreContent(digestOf(what), { onRestored });
        sendJson(ctx, 200, JSON.stringify({ blobs: [digest], repositories }));
        return;
      }
      // A rule may deny pushes to administrators. Who owns one repository does not decide on immutable tags, and does not get at others.
      const repository = { type: 'repository', name } as const;
      const push = [
        { ...repository, action: 'pull' },
        { ...repository, action: 'push' },
      ] as const;
      await authorize([...push, ...(isForced || trash.mayReturnOthers ? [ADMINISTRATION] : [])]);
      const options = { isForced, context: call, onRestored, signal: call.signal ?? NEVER };
      const back = await (what === 'whole'
        ? trash.restoreRepository(name, options)
        : trash.restore(name, what, options));
      sendJson(ctx, 200, JSON.stringify({ repository: name, ...back }));
    },
  };
}

function wantedIn(query: Pick<Query, 'first'>): Reference | 'whole' {
  const text = query.first('reference');
  const isWhole = queryFlag(query, 'whole');
  if ((text === undefined) === isWhole) return text === undefined ? 'whole' : parseReference(text);
  throw new RegistryError('QUERY_INVALID', { reason: 'either "reference" says what comes back, or "whole=true"' });
}

function digestOf(reference: Reference | 'whole'): Digest {
  if (reference !== 'whole' && reference.kind === 'digest') return reference.digest;
  throw new RegistryError('QUERY_INVALID', { reason: 'what is no digest needs a "repository"' });
}
