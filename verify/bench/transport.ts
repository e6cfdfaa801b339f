import { Authenticator } from '../../client/auth/authenticator.ts';
import { fetchToken } from '../../client/auth/fetch-token.ts';
import type { Access } from '../../client/auth/scopes.ts';
import type { CredentialSource } from '../../client/credentials/credential-source.ts';
import { Backoff } from '../../client/http/backoff.ts';
import { ConnectionPools } from '../../client/http/connection-pools.ts';
import { HostPatterns, isLoopback } from '../../client/http/host-patterns.ts';
import type { HttpAnswer } from '../../client/http/http-answer.ts';
import { HttpClient, type HttpRequest } from '../../client/http/http-client.ts';
import type { TlsOptions } from '../../client/http/http-settings.ts';
import { checkTls } from '../../client/http/pem.ts';
import { RegistryOrigin } from '../../client/http/registry-origin.ts';
import { apiHost } from '../../client/references/registry-host.ts';

/** The registry to verify, and how it is reached. */
export interface TransportOptions {
  /** The host with its port: `localhost:5000`. */
  readonly host: string;
  /** Default: `https`; for loopback and insecure hosts, whichever scheme they support. */
  readonly scheme?: 'https' | 'http' | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly insecureRegistries?: readonly string[] | undefined;
  /** Consulted at a challenge. Default: all requests are anonymous. */
  readonly credentials?: CredentialSource | undefined;
  /** The variables from which `HTTPS_PROXY` and the like are read. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly userAgent?: string | undefined;
  /** From the last byte of a request to the head of the answer, in milliseconds. Default: 20 seconds. */
  readonly answerMs?: number | undefined;
}

/** A request to the transport. */
export interface TransportRequest extends Omit<HttpRequest, 'url'> {
  /** A URL, or the part after the host. */
  readonly target: string;
  /** The access to request a token for; without it the request is anonymous. */
  readonly access: Access | undefined;
}

/**
 * The registry over HTTP. Each request is sent once; only a request with a challenge, now with credentials, and a
 * redirected read are sent again. It returns every answer, whatever its status.
 */
export class Transport implements AsyncDisposable {
  readonly #connections: ConnectionPools;
  readonly #origin: RegistryOrigin;
  readonly #http: HttpClient;
  readonly #authenticator: Authenticator;

  /** @throws PemError, TypeError for an invalid host */
  constructor(options: TransportOptions) {
    const { host, scheme, tls = {}, environment = {}, answerMs = 20_000, userAgent = 'stowage' } = options;
    checkTls(tls);
    const insecure = new HostPatterns(options.insecureRegistries ?? []);
    const timeOuts = { connectMs: 10_000, answerMs, finishMs: answerMs, readMs: answerMs };
    const registryHost = apiHost(host);
    const connections = new ConnectionPools({
      ...{ registryHost, tls, insecure, environment, timeOuts },
      maxConnections: 16,
    });
    this.#connections = connections;
    this.#origin = new RegistryOrigin(host, scheme, { connections, insecure });
    this.#http = new HttpClient({ connections, backoff: new Backoff({ attempts: 1 }), userAgent });
    this.#authenticator = new Authenticator({
      host,
      source: options.credentials,
      mayAsk: (realm) => realm.protocol === 'https:' || this.#origin.isPlain || isLoopback(realm),
      fetchToken: (request) => fetchToken(request, async (asked, read) => read(await this.#http.send(asked))),
    });
  }

  /** Scheme and host of the registry; the scheme is probed if both are possible. */
  async origin(signal?: AbortSignal): Promise<URL> {
    return this.#origin.find(signal);
  }

  /** @throws TransferError when there is no answer; the reason of the signal */
  async send({ target, access, ...request }: TransportRequest): Promise<HttpAnswer> {
    const origin = await this.#origin.find(request.signal);
    const url = new URL(target, origin);
    const isOwn = access !== undefined && url.origin === origin.origin;
    return this.#http.send({ ...request, url }, isOwn ? { authenticator: this.#authenticator, access } : undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]();
  }
}
