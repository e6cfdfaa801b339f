import type { HttpAnswer } from '../http/http-answer.ts';
import type { RemoteClient, RemoteRequest } from './remote-client.ts';

/** Statuses of servers that do not support HEAD; not all of them answer 405. */
const UNSUPPORTED: ReadonlySet<number> = new Set([400, 405, 501]);

/**
 * Requests the headers of one kind of content: by HEAD, or by GET if the registry, a proxy in front of it or the
 * storage that it redirects to supports only that. The result is remembered for later requests.
 */
export class HeadRequests {
  readonly #client: RemoteClient;
  #method: 'HEAD' | 'GET' = 'HEAD';
  /** Whether the registry answers 404 to a HEAD only if it also answers 404 to a GET. */
  #isMissingTrusted = false;

  constructor(client: RemoteClient) {
    this.#client = client;
  }

  /** Returns the answer, whatever its status; the caller drops its body. */
  async send(request: Omit<RemoteRequest, 'method'>): Promise<HttpAnswer> {
    const answer = await this.#client.send({ ...request, method: this.#method });
    if (this.#method === 'GET' || !this.#isDoubtful(answer, request.url)) return answer;
    await answer.drop();
    const sure = await this.#client.send({ ...request, method: 'GET' });
    if (sure.status === 200) this.#method = 'GET';
    else if (sure.status === 404) this.#isMissingTrusted = true;
    return sure;
  }

  #isDoubtful(answer: HttpAnswer, asked: string): boolean {
    const { status, url } = answer;
    if (status === 404) return !this.#isMissingTrusted && !isOfRegistry(answer);
    // The storage URL that a registry redirects to may be signed for GET only.
    const isRedirected = !url.href.endsWith(asked);
    return UNSUPPORTED.has(status) || (isRedirected && (status === 401 || status === 403));
  }
}

/** Whether the registry answered, and not a proxy in front of it. */
function isOfRegistry(answer: HttpAnswer): boolean {
  const type = answer.header('content-type') ?? '';
  return answer.header('docker-distribution-api-version') !== undefined || /^application\/(?:\S+\+)?json\b/i.test(type);
}
