import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
// Loading all of undici takes three times as long, which short commands would notice.
import sendRequest from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import type { Environment } from '../environment.ts';
import { type HostPatterns, isLoopback } from './host-patterns.ts';
import type { TimeOuts, TlsOptions } from './http-settings.ts';
import { readLarge } from './large-read.ts';
import { isOfProxy, ProxyFailure } from './proxy-failure.ts';
import { proxyOf } from './proxy-of.ts';

/** How hosts are reached. */
export interface ConnectionPoolsOptions {
  /** The host of the registry, with its port: only it sees the client's certificate. */
  readonly registryHost: string;
  readonly tls: TlsOptions;
  /** Hosts whose certificates are not verified. */
  readonly insecure: HostPatterns;
  readonly environment: Environment;
  readonly timeOuts: TimeOuts;
  readonly maxConnections: number;
}

/** A request in the form that undici takes. */
interface PoolRequest extends Omit<Dispatcher.RequestOptions, 'origin' | 'path'> {
  readonly endsUpload?: boolean;
  /**
   * Whether chunks of the body are valid only until the next one is requested, which makes reading large bodies faster.
   */
  readonly isReused?: boolean;
}

/** How a host is reached. Hosts that are reached in the same way share an agent, which has a pool for each host. */
interface Way {
  readonly isRegistry: boolean;
  readonly isVerified: boolean;
  readonly proxy: URL | undefined;
}

/** A pool of connections for each host, opened at its first request and closed when it is idle. */
export class ConnectionPools implements AsyncDisposable {
  readonly #options: ConnectionPoolsOptions;
  readonly #agents = new Map<string, Promise<Dispatcher>>();
  readonly #closing = new AbortController();

  constructor(options: ConnectionPoolsOptions) {
    this.#options = options;
  }

  /**
   * Sends one request unchanged to the host of `url`. Rejects with an error of undici, or the reason of the signal.
   * @param options.endsUpload whether the answer may take as long as finishing an upload
   */
  async request(
    url: URL,
    { endsUpload = false, isReused = false, ...options }: PoolRequest,
  ): Promise<Dispatcher.ResponseData> {
    this.#closing.signal.throwIfAborted();
    const way = this.#wayTo(url);
    const large = isReused && way.proxy === undefined ? await this.#readLarge(url, way, options) : undefined;
    if (large !== undefined) return large;
    const key = `${way.isRegistry} ${way.isVerified} ${way.proxy?.href}`;
    const agent = this.#agents.get(key) ?? this.#open(way);
    this.#agents.set(key, agent);
    const target = { origin: url.origin, path: `${url.pathname}${url.search}` };
    const { answerMs = 60_000, finishMs = 600_000, readMs = 60_000 } = this.#options.timeOuts;
    const patience = { headersTimeout: endsUpload ? finishMs : answerMs, bodyTimeout: readMs };
    try {
      return await sendRequest.call(await agent, { ...options, ...target, ...patience });
    } catch (error) {
      throw way.proxy !== undefined && isOfProxy(error) ? new ProxyFailure(way.proxy, error) : error;
    }
  }

  #wayTo(url: URL): Way {
    const { registryHost, insecure, environment, tls } = this.#options;
    // As Docker does. A user who configures an authority for this machine wants verification.
    const isTrusted = insecure.match(url) || (isLoopback(url) && tls.ca === undefined);
    const { host } = new URL(`${url.protocol}//${registryHost}`);
    return { isRegistry: url.host === host, isVerified: !isTrusted, proxy: proxyOf(url, environment) };
  }

  async #readLarge(url: URL, way: Way, { headers, signal }: PoolRequest): Promise<Dispatcher.ResponseData | undefined> {
    const { connectMs = 30_000, answerMs = 60_000, readMs = 60_000 } = this.#options.timeOuts;
    const ends = [this.#closing.signal, signal].filter((each) => each instanceof AbortSignal);
    const tls = { ...this.#authorities(), ...this.#own(way), rejectUnauthorized: way.isVerified };
    const given = headers as Readonly<Record<string, string>>;
    const request = { url, headers: given, signal: AbortSignal.any(ends), tls, connectMs, answerMs, readMs };
    return (await readLarge(request)) as Dispatcher.ResponseData | undefined;
  }

  #authorities(): { readonly ca?: string[] } {
    const { ca } = this.#options.tls;
    return ca === undefined ? {} : { ca: [...getCACertificates('default'), ...[ca].flat()] };
  }

  /** Client certificates are for the registry itself only. */
  #own({ isRegistry }: Way): Readonly<Record<string, string>> {
    const { cert, key, passphrase } = this.#options.tls;
    const given = Object.entries({ cert, key, passphrase }).filter(([, value]) => value !== undefined);
    return isRegistry ? (Object.fromEntries(given) as Record<string, string>) : {};
  }

  async #open(way: Way): Promise<Dispatcher> {
    const { timeOuts, maxConnections } = this.#options;
    const { isVerified, proxy } = way;
    const authorities = this.#authorities();
    const connectTimeout = timeOuts.connectMs ?? 30_000;
    const connect = {
      ...{ ...authorities, ...this.#own(way), rejectUnauthorized: isVerified },
      timeout: connectTimeout,
      allowH2: false,
    };
    const options = { connectTimeout, connections: maxConnections, allowH2: false };
    if (proxy === undefined) return new Agent({ ...options, connect });
    const { ProxyAgent } = await import('undici');
    const proxyTls = { ...authorities, rejectUnauthorized: this.#wayTo(proxy).isVerified };
    return new ProxyAgent({ ...options, uri: proxy.href, requestTls: connect, proxyTls });
  }

  /** Closes all connections; running requests fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new ConnectionsClosedError());
    const agents = await Promise.allSettled(this.#agents.values());
    await Promise.all(agents.filter((agent) => agent.status === 'fulfilled').map(({ value }) => value.destroy()));
  }
}

/** The error of undici for a closed pool. */
class ConnectionsClosedError extends Error {
  override readonly name = 'ConnectionsClosedError';
  readonly code = 'UND_ERR_CLOSED';

  constructor() {
    super('the connections are closed');
  }
}
