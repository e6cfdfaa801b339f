import type { UploadAdministration } from '../../../core/admin/upload-administration.ts';
import { ADMIN_ROOT } from '../../../core/api/admin-root.ts';
import { nextPageUrl } from '../../../core/api/url-builder.ts';
import { parseUploadId } from '../../../core/model/reference.ts';
import { uploadView } from '../../administration/upload-view.ts';
import { parsePageRequest } from '../../http/pagination.ts';
import { sendEmpty, sendJson } from '../../http/responses.ts';
import type { Handler, Handlers } from '../route-context.ts';
import { requiredRepository } from './required-repository.ts';

const PAGE = { byDefault: 100, maximum: 1000 };

/** The uploads in progress. */
export function adminUploadsRoutes(uploads: UploadAdministration): Handlers<'admin-uploads'> {
  const list: Handler<'admin-uploads'> = async ({ ctx, name: repository, urls, call }) => {
    const { n, last: after } = parsePageRequest(ctx.state.query, PAGE);
    const limit = Math.max(n, 1);
    const page = await uploads.list({ limit, after, repository, signal: call.signal });
    if (page.next !== undefined) {
      const url = nextPageUrl(`${urls.root}${ADMIN_ROOT}/uploads`, { n: limit, last: page.next, repository });
      ctx.set('Link', `<${url}>; rel="next"`);
    }
    sendJson(ctx, 200, JSON.stringify({ uploads: page.uploads.map(uploadView) }));
  };
  return { GET: list, HEAD: list };
}

/** One of them. */
export function adminUploadRoutes(uploads: UploadAdministration): Handlers<'admin-upload'> {
  return {
    DELETE: async ({ ctx, name, parameters }) => {
      await uploads.cancel(requiredRepository(name), parseUploadId(parameters.uuid));
      sendEmpty(ctx, 204);
    },
  };
}
