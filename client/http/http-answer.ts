import type { Dispatcher } from 'undici';
import { bodyText } from './body-text.ts';
import { type FailedRequest, TransferError } from './transfer-error.ts';
import { translateError } from './translate-error.ts';

/** Headers by lower-case name. */
export type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** An answer whose body has not been read; one of `read…`, `bytes` and `drop` must be called. */
export class HttpAnswer {
  readonly status: number;
  /** The requested URL, after redirects. */
  readonly url: URL;
  readonly request: FailedRequest;
  /** How often the request was sent. */
  readonly attempts: number;
  /** The source of its credentials; `undefined` for an anonymous request. */
  readonly credentialsOrigin: string | undefined;
  /** Whether new credentials are available that this request could not be repeated with. */
  readonly mayRepeat: boolean;
  readonly #headers: AnswerHeaders;
  readonly #body: Dispatcher.ResponseData['body'];
  readonly #signal: AbortSignal | undefined;

  constructor(data: AnswerData, details: AnswerDetails) {
    this.status = data.statusCode;
    this.#headers = data.headers;
    this.#body = data.body;
    this.url = details.url;
    this.request = details.request;
    this.attempts = details.attempts;
    this.credentialsOrigin = details.credentialsOrigin;
    this.mayRepeat = details.mayRepeat ?? false;
    this.#signal = details.signal;
  }

  /** The same answer, marked so that a caller who has the request body may repeat the request. */
  repeatable(): HttpAnswer {
    const { status: statusCode, url, request, attempts, credentialsOrigin } = this;
    const data = { statusCode, headers: this.#headers, body: this.#body };
    return new HttpAnswer(data, { url, request, attempts, credentialsOrigin, signal: this.#signal, mayRepeat: true });
  }

  get headers(): AnswerHeaders {
    return this.#headers;
  }

  /** A header; several of one name are joined by commas. */
  header(name: string): string | undefined {
    const value = this.#headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** The values of a header that may be repeated. */
  headerValues(name: string): readonly string[] {
    return [this.#headers[name] ?? []].flat();
  }

  /** `Content-Length`; `undefined` when it is absent or not a number. */
  get contentLength(): number | undefined {
    const text = this.header('content-length');
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  }

  /** The chunks of the body; a reader that stops early closes the connection. */
  async *bytes(): AsyncGenerator<Buffer, void, undefined> {
    try {
      for await (const chunk of this.#body as AsyncIterable<Buffer>) yield chunk;
    } catch (error) {
      throw translateError(error, this.request, this.#signal);
    }
  }

  /**
   * The whole body.
   * @throws TransferError `too-large` past `maxBytes`
   */
  async readBytes(maxBytes: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.bytes()) {
      size += chunk.byteLength;
      if (size > maxBytes || (this.contentLength ?? 0) > maxBytes) {
        throw new TransferError('too-large', this.request, `the answer has more than ${maxBytes} bytes`);
      }
      chunks.push(chunk);
    }
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  }

  /** The body as JSON. @throws TransferError `malformed` */
  async readJson(maxBytes: number): Promise<unknown> {
    const text = (await this.readBytes(maxBytes)).toString();
    try {
      return JSON.parse(text);
    } catch {
      throw this.notJson(text);
    }
  }

  /** The error for a body that is not JSON; it says what the body is instead. */
  notJson(text: string): TransferError {
    const { text: said } = bodyText(text);
    return new TransferError('malformed', this.request, `the answer is not JSON${said === '' ? '' : `, but ${said}`}`);
  }

  /** The start of the body as text, for messages; rejects only when the request is aborted. */
  async readStart(maxBytes: number): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of this.bytes()) {
        chunks.push(chunk);
        size += chunk.byteLength;
        if (size >= maxBytes) break;
      }
    } catch {
      this.#signal?.throwIfAborted();
    }
    return Buffer.concat(chunks).subarray(0, maxBytes).toString();
  }

  /** Reads the rest of a small body so that the connection can be reused, or closes the connection. */
  async drop(): Promise<void> {
    await this.readStart(MAX_DROPPED_BYTES);
  }
}

const MAX_DROPPED_BYTES = 64 * 1024;

/** An answer in the form that undici returns. */
interface AnswerData extends Pick<Dispatcher.ResponseData, 'statusCode' | 'body'> {
  readonly headers: AnswerHeaders;
}

/** Further details of an answer. */
export interface AnswerDetails {
  readonly url: URL;
  readonly request: FailedRequest;
  readonly attempts: number;
  readonly credentialsOrigin: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly mayRepeat?: boolean;
}
