import type { Logger } from '../../../core/ports/logger.ts';
import type { WriteRequest } from './ended-request.ts';
import { referrerOf } from './referrer-of.ts';

/** Records requests as lines of the log, for programs: one line each, with fields. */
export function structuredRequests(log: Pick<Logger, 'info'>): WriteRequest {
  return ({ request, response, scope, path, remote, status, durationMs, bytes }) => {
    const { headers, method } = request;
    const { content, failure, ids, user } = scope;
    log.info(
      {
        ...ids,
        method,
        path,
        host: headers.host,
        status,
        durationMs,
        bytes,
        contentType: response.getHeader('content-type'),
        requestContentType: headers['content-type'],
        remote,
        user,
        userAgent: headers['user-agent'],
        referrer: referrerOf(headers),
        ...(content && {
          repository: content.repository,
          reference: content.manifest?.reference,
          digest: content.digest,
          size: content.size,
        }),
        ...(failure && { error: failure.code, errorDetail: failure.detail }),
      },
      'request',
    );
  };
}
