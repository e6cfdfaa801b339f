import type { IncomingMessage } from 'node:http';
import {
  type HttpTransport,
  hasStatus,
  type Retries,
  StatusError,
  type StoreAnswer,
  type StoreRequest,
} from '../object-store/index.ts';

/** The service, in messages. */
export const SERVICE = 'Azure Blob Storage';
/** The version of the API, that of distribution. */
const API_VERSION = '2025-01-05';
/** The first version whose lists start at a name, for these lists only: services other than Azure may not know it yet. */
export const LIST_FROM_VERSION = '2026-02-06';

/** One container of an account. */
export interface BlobServiceOptions {
  /** The base URL of the account, such as `https://myaccount.blob.core.windows.net`. */
  readonly endpoint: string;
  readonly container: string;
  readonly transport: HttpTransport;
  readonly retries: Retries;
}

/** A request about a blob, or about the container. */
export interface BlobRequest extends Omit<StoreRequest, 'url'> {
  /** Without it, the request is about the container. */
  readonly key?: string | undefined;
  readonly query?: Query;
  /** Whether it is about the account instead. Default: `false`. */
  readonly isOfAccount?: boolean;
}

type Query = Readonly<Record<string, string | undefined>>;

/** Sends requests of the REST API of Azure Blob Storage (https://learn.microsoft.com/rest/api/storageservices). */
export class BlobService implements Disposable {
  readonly retries: Retries;
  readonly container: string;
  readonly #options: BlobServiceOptions;

  constructor(options: BlobServiceOptions) {
    this.#options = options;
    this.retries = options.retries;
    this.container = options.container;
  }

  /** Reading content fails after this time without a byte, in milliseconds. */
  get idleMs(): number {
    return this.#options.transport.idleMs;
  }

  /** Sends a request, and repeats it after transient failures: for calls whose repetition does no harm. */
  call(request: BlobRequest, ...expected: readonly number[]): Promise<StoreAnswer> {
    return this.retries.run(() => this.send(request, ...expected), request.signal);
  }

  /**
   * Sends a request once.
   * @throws StatusError unless it succeeded or answered with one of `expected`
   */
  async send(request: BlobRequest, ...expected: readonly number[]): Promise<StoreAnswer> {
    const answer = await this.#options.transport.send(this.#toSend(request));
    const isMissingContainer = codeOf(answer) === 'ContainerNotFound';
    const isExpected = expected.includes(answer.status) && !isMissingContainer;
    if ((answer.status >= 200 && answer.status < 300) || isExpected) return answer;
    throw this.error(answer);
  }

  /** Opens content. @throws StatusError for any status but 200 and 206, except that of a missing container */
  async open(request: BlobRequest): Promise<IncomingMessage> {
    try {
      return await this.#options.transport.open(this.#toSend(request));
    } catch (error) {
      // Its status, 404, would say that there is no such blob.
      if (!hasStatus(error, 404) || !error.message.includes('ContainerNotFound')) throw error;
      throw new Error(`the container ${this.container} is missing`, { cause: error });
    }
  }

  /** The error for an unexpected answer. A condition that failed has the status 412, as the kit expects. */
  error(answer: StoreAnswer): StatusError {
    const error = this.#options.transport.error(answer);
    const code = codeOf(answer);
    const isCondition =
      code === 'BlobAlreadyExists' || code === 'SourceConditionNotMet' || code === 'TargetConditionNotMet';
    if (!isCondition && answer.body.byteLength > 0) return error;
    const { retryAfterMs } = error;
    return new StatusError({ service: SERVICE, status: isCondition ? 412 : answer.status, said: code, retryAfterMs });
  }

  /** The URL of a blob, or of the container. */
  url(key?: string, query: Query = {}): URL {
    const blob = key === undefined ? '' : `/${key.split('/').map(encodeURIComponent).join('/')}`;
    return withQuery(`${this.#options.endpoint}/${encodeURIComponent(this.container)}${blob}`, query);
  }

  [Symbol.dispose](): void {
    this.#options.transport[Symbol.dispose]();
  }

  #toSend({ key, query, isOfAccount = false, headers, ...request }: BlobRequest): StoreRequest {
    const url = isOfAccount ? withQuery(`${this.#options.endpoint}/`, query) : this.url(key, query);
    return { ...request, url, headers: { 'x-ms-version': API_VERSION, ...headers } };
  }
}

function withQuery(base: string, query: Query = {}): URL {
  const url = new URL(base);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  // Some versions of the service read `+` as itself.
  url.search = url.search.replaceAll('+', '%20');
  return url;
}

/** The code of an error, such as `BlobNotFound`; empty when there is none. */
export function codeOf({ headers }: Pick<StoreAnswer, 'headers'>): string {
  return String(headers['x-ms-error-code'] ?? '');
}
