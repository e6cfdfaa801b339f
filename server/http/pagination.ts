import { RegistryError } from '../../core/model/errors.ts';
import type { Query } from './query.ts';

/** A page of a list that a client asks for. */
export interface PageRequest {
  /** How many entries at most; 0 asks for none. */
  readonly n: number;
  /** Only entries behind this one, which need not exist. Any text: it is compared, never looked up. */
  readonly last: string | undefined;
}

/** How many entries a page has; both may be Infinity. */
export interface PageLimits {
  /** Where the client does not say; not above `maximum`. */
  readonly byDefault: number;
  /** More are cut down to this: clients (Renovate) ask for as many as they can think of and follow the link. */
  readonly maximum: number;
}

/**
 * Parses `n` and `last`. Empty ones count as absent, and of repeated ones the first counts.
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
