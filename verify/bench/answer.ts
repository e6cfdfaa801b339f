import { CheckFailure } from '../verdicts.ts';
import type { Exchange } from './exchange.ts';

/** A completely read answer of a registry. */
export class Answer {
  readonly status: number;
  /** The requested URL, after redirects. */
  readonly url: URL;
  readonly body: Buffer;
  /** The exchange as the report shows it. */
  readonly exchange: Exchange;
  readonly #headers: Readonly<Record<string, string | readonly string[]>>;

  constructor(given: {
    readonly status: number;
    readonly url: URL;
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    readonly body: Buffer;
    readonly exchange: Exchange;
  }) {
    this.status = given.status;
    this.url = given.url;
    this.body = given.body;
    this.exchange = given.exchange;
    this.#headers = given.headers;
  }

  /** A header by its name in lower case; several of one name are joined by commas. */
  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === 'string' ? value : value?.join(', ');
  }

  /** @throws CheckFailure when the body is not JSON */
  json(): unknown {
    try {
      return JSON.parse(this.body.toString('utf8'));
    } catch {
      throw new CheckFailure('the body is not JSON', this.exchange);
    }
  }

  /** `Location`, resolved against the URL of the request. @throws CheckFailure when it is missing, or not a URL */
  location(): string {
    const location = this.header('location');
    if (location === undefined) throw new CheckFailure('there is no Location', this.exchange);
    if (!URL.canParse(location, this.url.href)) throw new CheckFailure('Location is not a URL', this.exchange);
    return new URL(location, this.url).href;
  }
}
