import { RegistryError } from '../../core/model/errors.ts';

/** The longest query that is accepted, in characters; a hundred tags with every character escaped need less. */
export const MAX_QUERY_LENGTH = 40 * 1024;

/** The most parameters that a query may have. */
export const MAX_QUERY_PARAMETERS = 1000;

/**
 * The query of a request, parsed once, in time that grows with its length. Koa's own parser takes time with the square of
 * the number of keys, and is never used.
 */
export class Query {
  /** The parameters, encoded as forms are: a `+` is a space. A malformed escape stays as it is. */
  readonly parameters: URLSearchParams;
  readonly #text: string;

  /**
   * @param text what comes after the `?`
   * @throws RegistryError `QUERY_TOO_LONG` above {@link MAX_QUERY_LENGTH}, `QUERY_INVALID` above
   * {@link MAX_QUERY_PARAMETERS}
   */
  constructor(text: string) {
    if (text.length > MAX_QUERY_LENGTH) {
      throw new RegistryError('QUERY_TOO_LONG', { length: text.length, maximum: MAX_QUERY_LENGTH });
    }
    if (!hasAtMost(MAX_QUERY_PARAMETERS, text)) {
      throw new RegistryError('QUERY_INVALID', { reason: `has more than ${MAX_QUERY_PARAMETERS} parameters` });
    }
    this.#text = text;
    this.parameters = new URLSearchParams(text);
  }

  /** The first value of a parameter; an empty one counts as absent. */
  first(name: string): string | undefined {
    return this.parameters.get(name) || undefined;
  }

  /** All values of a parameter, in order. */
  all(name: string): string[] {
    return this.parameters.getAll(name);
  }

  /**
   * All values of a parameter that contains media types, without empty ones. Clients forget to escape the `+` of
   * `…+json`. A media type has spaces only after a `;`, so any other space was a `+`.
   */
  mediaTypes(name: string): string[] {
    const escaped = this.#text.replaceAll(/(?<!;|%3B)\+/gi, '%2B');
    return new URLSearchParams(escaped).getAll(name).filter((value) => value !== '');
  }
}

/** The query of a request that has none. */
const NOTHING = new Query('');

/** Parses the query of a request; throws like {@link Query}. */
export function queryOf(ctx: { readonly querystring: string }): Query {
  return ctx.querystring === '' ? NOTHING : new Query(ctx.querystring);
}

function hasAtMost(maximum: number, text: string): boolean {
  let count = 1;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) {
    count += 1;
    if (count > maximum) return false;
  }
  return true;
}
