import type { HttpAnswer } from './http-answer.ts';
import { TransferError } from './transfer-error.ts';

const RELATION = /;[ \t]*rel[ \t]*=[ \t]*(?:"([^"]*)"|([\w-]+))/i;

/**
 * The URL of the next page (RFC 8288, `rel="next"`), absolute; `undefined` on the last page.
 * @throws TransferError `pagination` when it leads to another host
 */
export function nextLink(answer: HttpAnswer): string | undefined {
  const header = answer.header('link');
  if (header === undefined) return undefined;
  for (const link of header.split('<').slice(1)) {
    const [target = '', parameters = ''] = link.split('>', 2);
    const [, quoted, plain = ''] = RELATION.exec(parameters) ?? [];
    if (!(quoted ?? plain).toLowerCase().split(' ').includes('next')) continue;
    if (!URL.canParse(target, answer.url.href)) {
      throw new TransferError('pagination', answer.request, 'the next page has no URL');
    }
    const url = new URL(target, answer.url);
    // Only the host matters: behind a proxy the registry may not know that clients use TLS.
    if (url.host !== answer.url.host) {
      throw new TransferError('pagination', answer.request, `the next page is on another host, ${url.host}`);
    }
    return `${url.pathname}${url.search}`;
  }
  return undefined;
}
