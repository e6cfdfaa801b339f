import { RegistryError } from '../../core/model/errors.ts';
import type { Query } from './query.ts';

/** A page of a list that a client asks for. */
export interface PageRequest {
  /** The most entries that the page may have; 0 asks for none. */
  readonly n: number;
  /** Only entries after this one, which need not exist. Any text: it is compared, never looked up. */
  readonly last: string | undefined;
}

/** How many entries a page may have; both may be Infinity. */
export interface PageLimits {
  /** Used where the client names no number; not above `maximum`. */
  readonly byDefault: number;
  /** A larger number is reduced to this one: clients (Renovate) ask for huge pages and then follow the link. */
  readonly maximum: number;
}

/**
 * Parses `n` and `last`. An empty one counts as absent; of repeated ones the first counts.
 * @throws RegistryError `PAGINATION_NUMBER_INVALID` unless `n` is an integer of at least zero
 */
export function parsePageRequest(query: Pick<Query, 'first'>, limits: PageLimits): PageRequest {
  const n = query.first('n');
  return { n: n === undefined ? limits.byDefault : parseNumber(n, limits), last: query.first('last') };
}

function parseNumber(text: string, { maximum }: PageLimits): number {
  const n = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(n)) {
    throw new RegistryError('PAGINATION_NUMBER_INVALID', {
      n: text.slice(0, 64),
      reason: `must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`,
    });
  }
  return Math.min(n, maximum);
}
