import type { Access } from '../../client/auth/scopes.ts';
import type { HttpAnswer } from '../../client/http/http-answer.ts';
import { pause } from '../../client/http/pause.ts';
import { retryAfterMs } from '../../client/http/retry-after.ts';
import { StreamedBody } from '../../client/http/streamed-body.ts';
import { TransferError } from '../../client/http/transfer-error.ts';
import type { Capability } from '../capability.ts';
import { BlockedCheck } from '../verdicts.ts';
import { accessFor } from './access-for.ts';
import { Answer } from './answer.ts';
import { type Exchange, MAX_SAMPLE_BYTES, maskHeaders, maskUrl, sampleOf } from './exchange.ts';
import type { Leftovers } from './leftovers.ts';
import { type Budget, LimitError } from './limits.ts';
import type { Repositories } from './repositories.ts';
import type { Transport } from './transport.ts';

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The most attempts of a request that is answered with 429. */
const MAX_ATTEMPTS = 4;
/** The longest wait after 429, in milliseconds; a registry that asks for a longer one cannot be verified in time. */
const MAX_WAIT_MS = 10_000;
const DEFAULT_WAIT_MS = 1000;

/** A request of a check. */
export interface BenchRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent with `Transfer-Encoding: chunked` unless it is a StreamedBody with a length. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | StreamedBody;
  /** The repository to request a token for, if the URL does not contain it. Default: that of the bench. */
  readonly repository?: string;
  /** The repository that a blob is mounted from. */
  readonly from?: string;
  /** Whether it is sent without credentials. */
  readonly isAnonymous?: boolean;
  /** Closes the connection after this many bytes of the body. */
  readonly stopAfterBytes?: number;
  /** Aborts this request only. */
  readonly signal?: AbortSignal;
}

/** The dependencies of a bench. */
export interface BenchDependencies {
  readonly transport: Transport;
  readonly budget: Budget;
  readonly leftovers: Leftovers;
  readonly repositories: Repositories;
  /** The capabilities that the registry lacks, with the reasons. */
  readonly missing: ReadonlyMap<Capability, string>;
  /** Aborts the check. */
  readonly signal: AbortSignal;
}

/**
 * The workbench of one check: requests to the registry, each recorded and counted against limits, and separate
 * repositories. Its requests may run concurrently.
 */
export class Bench implements AsyncDisposable {
  readonly signal: AbortSignal;
  /** All exchanges, in the order of their answers. */
  readonly exchanges: Exchange[] = [];
  readonly #dependencies: BenchDependencies;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(dependencies: BenchDependencies) {
    this.#dependencies = dependencies;
    this.signal = AbortSignal.any([dependencies.signal, this.#closing.signal]);
  }

  /** The repository that most checks share: their content and tags are random. */
  get repository(): string {
    return this.#dependencies.repositories.shared;
  }

  /** A new, empty repository that no other check uses. */
  newRepository(): string {
    return this.#dependencies.repositories.next();
  }

  /** Whether the registry has a capability, for checks that need it only in some cases. */
  has(capability: Capability): boolean {
    return !this.#dependencies.missing.has(capability);
  }

  /** Scheme and host of the registry. */
  async origin(): Promise<URL> {
    return this.#dependencies.transport.origin(this.signal);
  }

  async get(target: string, request?: BenchRequest): Promise<Answer> {
    return this.send('GET', target, request);
  }

  async head(target: string, request?: BenchRequest): Promise<Answer> {
    return this.send('HEAD', target, request);
  }

  async post(target: string, request?: BenchRequest): Promise<Answer> {
    return this.send('POST', target, request);
  }

  async put(target: string, request?: BenchRequest): Promise<Answer> {
    return this.send('PUT', target, request);
  }

  async patch(target: string, request?: BenchRequest): Promise<Answer> {
    return this.send('PATCH', target, request);
  }

  async delete(target: string, request?: BenchRequest): Promise<Answer> {
    return this.send('DELETE', target, request);
  }

  /**
   * Sends one request, and reads the whole answer, whatever its status. After 429 it is sent again when the registry
   * allows it.
   * @param target a path, or a URL that the registry returned
   * @throws TransferError when there is no answer, LimitError, or the reason of a signal; each is recorded
   * @throws BlockedCheck when the registry keeps answering 429, which says nothing about any rule
   */
  async send(method: Method, target: string, request: BenchRequest = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const sending = this.#sendOnce(method, target, request);
      this.#running.add(sending);
      const answer = await sending.finally(() => this.#running.delete(sending));
      if (answer.status !== 429) return answer;
      const waitMs = retryAfterMs(answer.header('retry-after'), new Date()) ?? DEFAULT_WAIT_MS;
      const isRepeatable = request.body === undefined || request.body instanceof Uint8Array;
      if (!isRepeatable || attempt >= MAX_ATTEMPTS || waitMs > MAX_WAIT_MS)
        throw new BlockedCheck('the registry accepts no more requests for now (429)', answer.exchange);
      await pause(waitMs, this.signal);
    }
  }

  /** Aborts requests that are still running, so that everything that they may have left is known. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('the check has ended'));
    await Promise.allSettled(this.#running);
  }

  async #sendOnce(method: Method, target: string, request: BenchRequest): Promise<Answer> {
    const { transport, budget, leftovers } = this.#dependencies;
    const signal = request.signal === undefined ? this.signal : AbortSignal.any([this.signal, request.signal]);
    const startedAt = performance.now();
    budget.countRequest();
    const body = this.#countedBody(request.body);
    const access = request.isAnonymous === true ? undefined : this.#access(method, target, request);
    const asked = new URL(target, await transport.origin(signal));
    let url = asked;
    let answer: HttpAnswer | undefined;
    const exchange = (received?: Buffer, failure?: string): Exchange => ({
      method,
      url: maskUrl(url),
      requestHeaders: maskHeaders(request.headers ?? {}),
      requestBody: request.body instanceof Uint8Array ? sampleOf(request.body) : body && { size: sentBytes(body) },
      status: answer?.status,
      headers: maskHeaders(answer?.headers ?? {}),
      body: received && sampleOf(received.subarray(0, MAX_SAMPLE_BYTES), received.byteLength),
      failure,
      durationMs: Math.round(performance.now() - startedAt),
    });
    try {
      const { headers } = request;
      answer = await transport.send({ method, target, headers, body, signal, access, endsUpload: false });
      url = answer.url;
      const received = await this.#read(answer, request.stopAfterBytes);
      const recorded = exchange(received);
      this.exchanges.push(recorded);
      const whole = new Answer({
        ...{ status: answer.status, url, body: received, exchange: recorded },
        headers: presentHeaders(answer.headers),
      });
      leftovers.note(method, { target: asked, body: request.body, answer: whole });
      return whole;
    } catch (error) {
      leftovers.note(method, { target: asked, body: request.body, answer: undefined });
      const message = error instanceof Error ? error.message : String(error);
      this.exchanges.push(exchange(undefined, error instanceof TransferError ? message : `stopped: ${message}`));
      throw signal.aborted && !(error instanceof LimitError) ? signal.reason : error;
    }
  }

  async #read(answer: HttpAnswer, stopAfterBytes = Number.POSITIVE_INFINITY): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.bytes()) {
      this.#dependencies.budget.countBytes(chunk.byteLength);
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= stopAfterBytes) break;
    }
    return Buffer.concat(chunks).subarray(0, stopAfterBytes);
  }

  #countedBody(body: BenchRequest['body']): Uint8Array | StreamedBody | undefined {
    const { budget } = this.#dependencies;
    if (body instanceof Uint8Array) budget.countBytes(body.byteLength);
    if (body === undefined || body instanceof Uint8Array) return body;
    return new StreamedBody(counted(body, budget), body instanceof StreamedBody ? body.length : undefined);
  }

  #access(method: Method, target: string, { repository = this.repository, from }: BenchRequest): Access {
    return accessFor(method, target, { repository, from });
  }
}

async function* counted(body: AsyncIterable<Uint8Array>, budget: Budget): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    budget.countBytes(chunk.byteLength);
    yield chunk;
  }
}

function sentBytes(body: Uint8Array | StreamedBody): number {
  return body instanceof StreamedBody ? body.sent : body.byteLength;
}

function presentHeaders(headers: HttpAnswer['headers']): Record<string, string | readonly string[]> {
  return Object.fromEntries(
    Object.entries(headers).filter((header): header is [string, string | string[]] => header[1] !== undefined),
  );
}
