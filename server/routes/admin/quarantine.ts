import type { QuarantineAdministration } from '../../../core/admin/quarantine-administration.ts';
import { ADMIN_ROOT } from '../../../core/api/admin-root.ts';
import { nextPageUrl } from '../../../core/api/url-builder.ts';
import { parseContentDigest } from '../../../core/digest/digest.ts';
import { quarantineView } from '../../administration/quarantine-view.ts';
import { parsePageRequest } from '../../http/pagination.ts';
import { sendJson } from '../../http/responses.ts';
import type { Handler, Handlers } from '../route-context.ts';

const PAGE = { byDefault: 100, maximum: 1000 };
const NEVER = new AbortController().signal;

/** What is in quarantine. */
export function adminQuarantineRoutes(quarantine: QuarantineAdministration): Handlers<'admin-quarantine'> {
  const list: Handler<'admin-quarantine'> = async ({ ctx, urls, call }) => {
    const { n, last: after } = parsePageRequest(ctx.state.query, PAGE);
    const limit = Math.max(n, 1);
    const { contents, next } = await quarantine.list({ limit, after, signal: call.signal });
    if (next !== undefined) {
      ctx.set('Link', `<${nextPageUrl(`${urls.root}${ADMIN_ROOT}/quarantine`, { n: limit, last: next })}>; rel="next"`);
    }
    sendJson(ctx, 200, JSON.stringify({ quarantined: contents.map(quarantineView) }));
  };
  return { GET: list, HEAD: list };
}

/** What is in quarantine of one digest. */
export function adminQuarantinedRoutes(quarantine: QuarantineAdministration): Handlers<'admin-quarantined'> {
  return {
    DELETE: async ({ ctx, parameters, call }) => {
      const digest = parseContentDigest(parameters.digest);
      sendJson(ctx, 200, JSON.stringify({ digest, ...(await quarantine.drop(digest, call.signal ?? NEVER)) }));
    },
  };
}

/** Its way back. */
export function adminQuarantineReleaseRoutes(
  quarantine: QuarantineAdministration,
): Handlers<'admin-quarantine-release'> {
  return {
    POST: async ({ ctx, parameters, call }) => {
      const digest = parseContentDigest(parameters.digest);
      const { size } = await quarantine.release(digest, call.signal ?? NEVER);
      sendJson(ctx, 200, JSON.stringify({ digest, bytes: size }));
    },
  };
}
