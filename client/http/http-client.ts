import type { Authenticator, Authorization } from '../auth/authenticator.ts';
import type { Access } from '../auth/scopes.ts';
import type { Backoff } from './backoff.ts';
import type { ConnectionPools } from './connection-pools.ts';
import { HttpAnswer } from './http-answer.ts';
import { MAX_REDIRECTS, redirectTarget } from './redirects.ts';
import { TRANSIENT_STATUSES } from './remote-error.ts';
import { retryAfterMs } from './retry-after.ts';
import { StreamedBody } from './streamed-body.ts';
import { failedRequest, TransferError } from './transfer-error.ts';
import { onFirstContact, translateError } from './translate-error.ts';

/** A request. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A streamed body is sent once; such a request is never repeated. */
  readonly body?: Uint8Array | StreamedBody | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Sent without a challenge, but only to the host of `url`. */
  readonly authorization?: Authorization | undefined;
  /** Whether the answer may take as long as finishing an upload. */
  readonly endsUpload?: boolean | undefined;
  /** Whether chunks of the answer are valid only until the next one is requested. */
  readonly isReused?: boolean | undefined;
  /** Whether a redirect to another host is rejected, because the body contains a secret. */
  readonly staysOnHost?: boolean | undefined;
}

/** The dependencies of a client. */
export interface HttpClientDependencies {
  readonly connections: ConnectionPools;
  readonly backoff: Backoff;
  readonly userAgent: string;
}

/** How a request is authenticated. */
interface Identity {
  readonly authenticator: Authenticator;
  readonly access: Access;
}

/** How often a request may time out: each wait may be equally long. */
const MAX_TIME_OUTS = 2;
/** How often a request answers a challenge: a token can have expired, and the next one can lack a scope. */
const MAX_CHALLENGES = 2;

/**
 * Sends requests, repeats them after transient failures, and follows redirects. It returns every answer, whatever its
 * status; without an answer it rejects with a TransferError, or the reason of the signal.
 */
export class HttpClient {
  readonly #connections: ConnectionPools;
  readonly #userAgent: string;
  readonly backoff: Backoff;
  /** Hosts that have answered. */
  readonly #known = new Set<string>();

  constructor({ connections, backoff, userAgent }: HttpClientDependencies) {
    this.#connections = connections;
    this.backoff = backoff;
    this.#userAgent = userAgent;
  }

  /**
   * Sends a request.
   * @param identity answers challenges of the host of the request, and of no other host. Default: challenges are not
   * answered
   */
  async send(request: HttpRequest, identity?: Identity): Promise<HttpAnswer> {
    const { attempts, maxDelayMs } = this.backoff;
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt >= attempts || request.body instanceof StreamedBody;
      let askedMs: number | undefined;
      try {
        const answer = await this.#sendIdentified(request, { attempt, identity });
        this.#known.add(request.url.origin);
        if (isLast || !TRANSIENT_STATUSES.has(answer.status)) return answer;
        askedMs = retryAfterMs(answer.header('retry-after'), new Date());
        if (askedMs !== undefined && askedMs > maxDelayMs) return answer;
        await answer.drop();
      } catch (error) {
        const isKnown = this.#known.has(request.url.origin);
        if (isLast || !(error instanceof TransferError && error.isTransient))
          throw isKnown ? error : onFirstContact(error);
        if (error.reason === 'time-out' && attempt >= MAX_TIME_OUTS) throw error.final();
        // A host that has answered before may be restarting; any other is a mistake, to be reported at once.
        if (error.reason === 'refused' && !isKnown) throw error;
      }
      await this.backoff.wait(attempt, { askedMs, signal: request.signal });
    }
  }

  async #sendIdentified(
    request: HttpRequest,
    { attempt, identity }: { attempt: number; identity: Identity | undefined },
  ): Promise<HttpAnswer> {
    const { signal } = request;
    let authorization = request.authorization ?? (await identity?.authenticator.authorize(identity.access, signal));
    for (let asked = 0; ; asked++) {
      const answer = await this.#sendRedirected(request, { attempt, authorization });
      // A 401 from the target of a redirect says nothing about this host.
      if (identity === undefined || answer.status !== 401 || answer.url.origin !== request.url.origin) return answer;
      const { authenticator, access } = identity;
      const challenges = answer.headerValues('www-authenticate');
      const refused = { access, challenges, sent: authorization, request: answer.request };
      const next = await orDrop(answer, () => authenticator.answer(refused, signal));
      if (next === undefined || asked >= MAX_CHALLENGES) return answer;
      if (request.body instanceof StreamedBody) return answer.repeatable();
      await answer.drop();
      authorization = next;
    }
  }

  async #sendRedirected(
    request: HttpRequest,
    { attempt, authorization }: { attempt: number; authorization: Authorization | undefined },
  ): Promise<HttpAnswer> {
    let { url } = request;
    for (let redirects = 0; ; redirects++) {
      // Credentials go only to the host that asked for them.
      const isOwn = url.origin === request.url.origin;
      const answer = await this.#sendOnce(request, { url, attempt, authorization: isOwn ? authorization : undefined });
      const target = await orDrop(answer, async () => redirectTarget(answer, request));
      if (target === undefined) return answer;
      await answer.drop();
      if (redirects >= MAX_REDIRECTS) {
        throw new TransferError('redirect', answer.request, `it is redirected more than ${MAX_REDIRECTS} times`);
      }
      url = target;
    }
  }

  async #sendOnce(
    { method, headers, body, signal, endsUpload = false, isReused = false }: HttpRequest,
    { url, attempt, authorization }: { url: URL; attempt: number; authorization: Authorization | undefined },
  ): Promise<HttpAnswer> {
    const request = failedRequest(method, url);
    const length =
      body instanceof StreamedBody
        ? body.length
        : (body?.byteLength ?? (method === 'POST' || method === 'PUT' ? 0 : undefined));
    try {
      signal?.throwIfAborted();
      const data = await this.#connections.request(url, {
        method,
        headers: {
          'user-agent': this.#userAgent,
          ...headers,
          ...(length === undefined ? {} : { 'content-length': String(length) }),
          ...(authorization === undefined ? {} : { authorization: authorization.header }),
        },
        // undici also accepts an iterable, which its types omit.
        body: (body ?? null) as Buffer | null,
        signal: signal ?? null,
        endsUpload,
        isReused,
        // Otherwise every HEAD would close its connection.
        ...(method === 'HEAD' ? { reset: false } : {}),
      });
      const details = { url, request, attempts: attempt, credentialsOrigin: authorization?.origin, signal };
      return new HttpAnswer(data, details);
    } catch (error) {
      if (body instanceof StreamedBody && body.failure !== undefined) throw body.failure.error;
      throw translateError(error, request, signal);
    } finally {
      if (body instanceof StreamedBody) body.stop();
    }
  }
}

/** Releases the answer when the action on it fails. */
async function orDrop<Result>(answer: HttpAnswer, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    await answer.drop();
    throw error;
  }
}
