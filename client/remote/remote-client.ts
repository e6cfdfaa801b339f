import { UrlBuilder } from '../../core/api/url-builder.ts';
import { Authenticator } from '../auth/authenticator.ts';
import { fetchToken } from '../auth/fetch-token.ts';
import type { Access } from '../auth/scopes.ts';
import { Backoff } from '../http/backoff.ts';
import { ConnectionPools } from '../http/connection-pools.ts';
import { HostPatterns, isLoopback } from '../http/host-patterns.ts';
import type { HttpAnswer } from '../http/http-answer.ts';
import { HttpClient, type HttpRequest } from '../http/http-client.ts';
import { checkTls } from '../http/pem.ts';
import { readWhole } from '../http/read-whole.ts';
import { RegistryOrigin } from '../http/registry-origin.ts';
import { apiHost } from '../references/registry-host.ts';
import type { RemoteRegistryOptions } from './remote-registry-options.ts';

/** A request to the registry. */
export interface RemoteRequest extends Omit<HttpRequest, 'url'> {
  /** A URL from {@link RemoteClient.urls}, or one that the registry returned. */
  readonly url: string;
  readonly access: Access;
}

/** One registry over HTTP: its URLs, and authenticated requests. */
export class RemoteClient implements AsyncDisposable {
  /** Builds URLs without a host, which {@link send} adds. */
  readonly urls = new UrlBuilder('');
  readonly backoff: Backoff;
  readonly #connections: ConnectionPools;
  readonly #origin: RegistryOrigin;
  readonly #http: HttpClient;
  readonly #authenticator: Authenticator;

  constructor(options: RemoteRegistryOptions) {
    const { host, scheme, tls = {}, environment = {}, timeOuts = {}, maxConnections = 64 } = options;
    checkTls(tls);
    const insecure = new HostPatterns(options.insecureRegistries ?? []);
    const registryHost = apiHost(host);
    const connections = new ConnectionPools({ registryHost, tls, insecure, environment, timeOuts, maxConnections });
    this.#connections = connections;
    this.backoff = new Backoff(options.retries);
    this.#origin = new RegistryOrigin(host, scheme, { connections, insecure });
    this.#http = new HttpClient({ connections, backoff: this.backoff, userAgent: options.userAgent ?? 'stowage' });
    this.#authenticator = new Authenticator({
      host,
      source: options.credentials,
      mayAsk: (realm) =>
        realm.protocol === 'https:' || (realm.protocol === 'http:' && (this.#origin.isPlain || isLoopback(realm))),
      fetchToken: (request) =>
        fetchToken(request, (asked, read) =>
          readWhole({ ask: () => this.#http.send(asked), read, backoff: this.backoff }),
        ),
    });
  }

  /** Sends a request. It returns the answer, whatever its status, with its body unread. */
  async send({ url, access, ...request }: RemoteRequest): Promise<HttpAnswer> {
    const origin = await this.#origin.find(request.signal);
    const target = new URL(url, origin);
    // Another host, to which an upload may lead, gets no credentials.
    const identity = target.origin === origin.origin ? { authenticator: this.#authenticator, access } : undefined;
    return this.#http.send({ ...request, url: target }, identity);
  }

  /** Reads the whole answer with `read`; the request is repeated when the connection breaks meanwhile. */
  read<Result>(request: RemoteRequest, read: (answer: HttpAnswer) => Promise<Result>): Promise<Result> {
    const { backoff } = this;
    return readWhole({ ask: () => this.send(request), read, backoff, signal: request.signal });
  }

  /** Closes all connections; running requests fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]();
  }
}
