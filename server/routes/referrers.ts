import { nextPageUrl } from '../../core/api/url-builder.ts';
import { parseContentDigest } from '../../core/digest/digest.ts';
import { descriptorText } from '../../core/model/descriptor-text.ts';
import { OCI_IMAGE_INDEX } from '../../core/model/media-types.ts';
import type { ReferrerService } from '../../core/registry/referrer-service.ts';
import { parsePageRequest } from '../http/pagination.ts';
import { sendJson } from '../http/responses.ts';
import type { Handler, Handlers } from './route-context.ts';

/** A client may ask for any number; the service ends a page early by its own limits. */
const LIMITS = { byDefault: Number.POSITIVE_INFINITY, maximum: Number.POSITIVE_INFINITY };

/** An index up to its first descriptor. The descriptors have their texts in memory. */
const START = `{"schemaVersion":2,"mediaType":"${OCI_IMAGE_INDEX}","manifests":[`;

/** The manifests whose subject is another one. */
export function referrersRoutes(referrers: ReferrerService): Handlers<'referrers'> {
  const list: Handler<'referrers'> = async ({ ctx, name, parameters, urls, call }) => {
    const subject = parseContentDigest(parameters.digest);
    const { n, last } = parsePageRequest(ctx.state.query, LIMITS);
    const artifactTypes = ctx.state.query.mediaTypes('artifactType');
    const { items, next } = await referrers.list(name, subject, { limit: n, after: last, artifactTypes }, call);
    if (artifactTypes.length > 0) ctx.set('OCI-Filters-Applied', 'artifactType');
    if (next !== undefined) {
      // A client would follow such a link for ever.
      if (next === last) throw new Error(`a page of referrers says that it continues where it began, after ${next}`);
      const query = { n: Number.isFinite(n) ? n : undefined, last: next, artifactType: artifactTypes };
      ctx.set('Link', `<${nextPageUrl(urls.referrers(name, subject), query)}>; rel="next"`);
    }
    sendJson(ctx, 200, `${START}${items.map(descriptorText).join(',')}]}`);
    // Without the charset, because clients compare the whole header (distribution-spec, "Listing Referrers").
    ctx.set('Content-Type', OCI_IMAGE_INDEX);
  };
  return { GET: list, HEAD: list };
}
