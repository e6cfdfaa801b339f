import type { HttpAnswer } from '../http/http-answer.ts';
import type { RemoteClient, RemoteRequest } from './remote-client.ts';

/** Not every server knows the method, and not every one says so by 405. */
const UNSUPPORTED: ReadonlySet<number> = new Set([400, 405, 501]);

/**
 * Asks for the headers of one kind of content: by HEAD, and by GET where the registry, a proxy before it or the storage that it
 * redirects to answers only that. What was found out holds for later requests.
 */
export class HeadRequests {
  readonly #client: RemoteClient;
  #method: 'HEAD' | 'GET' = 'HEAD';
  /** Whether the registry answers 404 to a HEAD only where a GET gets it too. */
  #isMissingTrusted = false;

  constructor(client: RemoteClient) {
    this.#client = client;
  }

  /** The answer, whatever its status, of which the body is to be dropped. */
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
    // Storage that a registry redirects to may have signed a GET only.
    const isRedirected = !url.href.endsWith(asked);
    return UNSUPPORTED.has(status) || (isRedirected && (status === 401 || status === 403));
  }
}

/** Whether a registry has answered, and no proxy before it. */
function isOfRegistry(answer: HttpAnswer): boolean {
  const type = answer.header('content-type') ?? '';
  return answer.header('docker-distribution-api-version') !== undefined || /^application\/(?:\S+\+)?json\b/i.test(type);
}
