import type { HttpAnswer } from './http-answer.ts';
import { TransferError } from './transfer-error.ts';

/**
 * The URL in the header `Location`, absolute, with every parameter as the registry wrote it. A registry behind a proxy may
 * not know that it is reached by TLS: its own host is then not left for plain HTTP.
 * @throws TransferError `malformed` without a URL
 */
export function locationOf(answer: HttpAnswer): string {
  const location = answer.header('location');
  if (location === undefined || !URL.canParse(location, answer.url.href)) {
    throw new TransferError('malformed', answer.request, 'the answer does not say where to go on');
  }
  const target = new URL(location, answer.url);
  if (!/^https?:$/.test(target.protocol)) {
    throw new TransferError('malformed', answer.request, `the answer leads to ${target.protocol}, which is not HTTP`);
  }
  target.hash = '';
  if (answer.url.protocol === 'https:' && target.protocol === 'http:') {
    if (target.host !== answer.url.host) {
      throw new TransferError('redirect', answer.request, `the upload leads from TLS to plain HTTP, at ${target.host}`);
    }
    target.protocol = 'https:';
  }
  return target.href;
}

/** A URL with one more parameter; those that it has stay as they are. */
export function withParameter(url: string, name: string, value: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
}
