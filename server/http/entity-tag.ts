import type { Digest } from '../../core/digest/digest.ts';

/** The strong entity tag of content with this digest. */
export function formatEntityTag(digest: Digest): string {
  return `"${digest}"`;
}

// An entity tag (RFC 9110 section 8.8.3), or the bare digest that docker and others send instead.
const MEMBER = /(?:W\/)?"([^"]*)"|([^\s,"]+)/g;

/**
 * Whether `If-None-Match` names this content, so that the answer is 304. The comparison is weak, as RFC 9110
 * section 13.1.2 requires; `*` names any content. Without the header the answer is false.
 */
export function matchesIfNoneMatch(header: string | undefined, digest: Digest): boolean {
  if (header === undefined) return false;
  if (header === formatEntityTag(digest) || header.trim() === '*') return true;
  for (const [, quoted, bare] of header.matchAll(MEMBER)) {
    if ((quoted ?? bare) === digest) return true;
  }
  return false;
}

/**
 * Whether `If-Range` permits a `Range`. The comparison is strong (RFC 9110 section 13.1.5): a weak tag never matches, nor
 * does a date, because blobs have none. Without the header the answer is true.
 */
export function matchesIfRange(header: string | undefined, digest: Digest): boolean {
  if (header === undefined) return true;
  const tag = header.trim();
  return tag === formatEntityTag(digest) || tag === digest;
}
