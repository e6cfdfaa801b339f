import type { HttpAnswer } from './http-answer.ts';
import { TransferError } from './transfer-error.ts';

/**
 * The URL in the header `Location`, absolute, with every parameter as the registry wrote it. A registry behind a proxy
 * may not know that clients use TLS: for its own host, TLS is kept.
 * @throws TransferError `malformed` without a URL
 */
export function locationOf(answer: HttpAnswer): string {
  const location = answer.header('location');
  if (location === undefined || !URL.canParse(location, answer.url.href)) {
    throw new TransferError('malformed', answer.request, 'the answer has no valid Location for the next request');
  }
  const target = new URL(location, answer.url);
  if (!/^https?:$/.test(target.protocol)) {
    throw new TransferError(
      'malformed',
      answer.request,
      `the Location of the answer uses ${target.protocol}, which is not HTTP`,
    );
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

/** Appends a parameter to a URL; existing ones are unchanged. */
export function withParameter(url: string, name: string, value: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
}
