import { isLoopback } from './host-patterns.ts';
import type { HttpAnswer } from './http-answer.ts';
import { StreamedBody } from './streamed-body.ts';
import { TransferError } from './transfer-error.ts';

/** The most redirects that a request follows. */
export const MAX_REDIRECTS = 5;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What determines whether a request follows a redirect. */
export interface RedirectedRequest {
  readonly body?: unknown;
  readonly staysOnHost?: boolean | undefined;
}

/**
 * The target of a redirect.
 * @returns `undefined` when the answer is not a redirect
 * @throws TransferError `redirect` when it cannot be followed, or would leave TLS
 */
export function redirectTarget(answer: HttpAnswer, { body, staysOnHost }: RedirectedRequest): URL | undefined {
  const { status, request, url } = answer;
  if (!REDIRECTS.has(status)) return undefined;
  const location = answer.header('location');
  if (location === undefined || !URL.canParse(location, url.href)) {
    throw new TransferError('redirect', request, `it is redirected (${status}), but not to a URL`);
  }
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (!isRead && (body instanceof StreamedBody || (status !== 307 && status !== 308))) {
    throw new TransferError('redirect', request, `it is redirected (${status}), but cannot be repeated unchanged`);
  }
  const target = new URL(location, url);
  if (!/^https?:$/.test(target.protocol)) {
    throw new TransferError('redirect', request, `it is redirected to ${target.protocol}, which is not HTTP`);
  }
  if (url.protocol === 'https:' && target.protocol === 'http:' && !isLoopback(url)) {
    throw new TransferError('redirect', request, `it is redirected from TLS to plain HTTP, at ${target.host}`);
  }
  if (staysOnHost === true && target.origin !== url.origin) {
    throw new TransferError(
      'redirect',
      request,
      `it is redirected to ${target.host}, which must not receive what is sent`,
    );
  }
  return target;
}
