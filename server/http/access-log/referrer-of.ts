import type { IncomingHttpHeaders } from 'node:http';

/** The page that a request comes from, without the user and the query of its URL: both may hold a password or a token. */
export function referrerOf({ referer }: IncomingHttpHeaders): string | undefined {
  const [page] = referer?.split(/[?#]/, 1) ?? [];
  const end = page?.lastIndexOf('@') ?? -1;
  const start = page?.indexOf('//') ?? -1;
  // An `@` in the path is rare, and what stands before it is no loss.
  return page === undefined || end < start || end < 0 ? page : `${page.slice(0, start + 2)}${page.slice(end + 1)}`;
}
