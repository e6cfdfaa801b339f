import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
// The whole of undici takes three times as long to load, which a short command would feel.
import sendRequest from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import { type HostPatterns, isLoopback } from './host-patterns.ts';
import type { TimeOuts, TlsOptions } from './http-settings.ts';
import { type Environment, proxyOf } from './proxy-of.ts';

/** How hosts are reached. */
export interface ConnectionOptions {
  /** The host of the registry, with its port: only it sees the client's certificate. */
  readonly registryHost: string;
  readonly tls: TlsOptions;
  /** Their certificates are not verified. */
  readonly insecure: HostPatterns;
  readonly environment: Environment;
  readonly timeOuts: TimeOuts;
  readonly maxConnections: number;
}

/** A request as undici takes it. */
interface PoolRequest extends Omit<Dispatcher.RequestOptions, 'origin' | 'path'> {
  readonly endsUpload?: boolean;
}

/** A pool of connections for each host, opened at its first request and kept between requests. */
export class Connections implements AsyncDisposable {
  readonly #options: ConnectionOptions;
  readonly #pools = new Map<string, Promise<Dispatcher>>();
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /**
   * Sends one request, as it is, to the host of `url`. Rejects with an error of undici, or the reason of the signal.
   * @param options.endsUpload whether the answer may take as long as ending an upload does
   */
  async request(url: URL, { endsUpload = false, ...options }: PoolRequest): Promise<Dispatcher.ResponseData> {
    if (this.#isClosed) throw new ConnectionsClosedError();
    const pool = this.#pools.get(url.origin) ?? this.#open(url);
    this.#pools.set(url.origin, pool);
    const target = { origin: url.origin, path: `${url.pathname}${url.search}` };
    const patience = endsUpload ? { headersTimeout: this.#options.timeOuts.finishMs ?? 600_000 } : {};
    return sendRequest.call(await pool, { ...options, ...target, ...patience });
  }

  async #open(url: URL): Promise<Dispatcher> {
    const { timeOuts, maxConnections, environment } = this.#options;
    const connect = { ...this.#tlsFor(url), timeout: timeOuts.connectMs ?? 30_000, allowH2: false };
    const options = {
      connections: maxConnections,
      headersTimeout: timeOuts.answerMs ?? 60_000,
      bodyTimeout: timeOuts.readMs ?? 60_000,
      connectTimeout: timeOuts.connectMs ?? 30_000,
      allowH2: false,
    };
    const proxy = proxyOf(url, environment);
    if (proxy === undefined) return new Agent({ ...options, connect });
    const { ProxyAgent } = await import('undici');
    return new ProxyAgent({ ...options, uri: proxy.href, requestTls: connect, proxyTls: this.#tlsFor(proxy) });
  }

  #tlsFor(url: URL): { ca?: string[]; cert?: string; key?: string; passphrase?: string; rejectUnauthorized?: boolean } {
    const { tls, registryHost, insecure } = this.#options;
    const { ca, cert, key, passphrase } = tls;
    const isOwn = url.host === registryHost;
    return {
      ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ...[ca].flat()] }),
      ...(isOwn && cert !== undefined ? { cert } : {}),
      ...(isOwn && key !== undefined ? { key } : {}),
      ...(isOwn && passphrase !== undefined ? { passphrase } : {}),
      // As docker does it. Who names an authority for this machine wants it to be asked.
      ...(insecure.match(url) || (isLoopback(url) && ca === undefined) ? { rejectUnauthorized: false } : {}),
    };
  }

  /** Breaks all connections; requests that run fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const pools = await Promise.allSettled(this.#pools.values());
    await Promise.all(pools.filter((pool) => pool.status === 'fulfilled').map(({ value }) => value.destroy()));
  }
}

/** Says what undici says of a pool that was closed. */
class ConnectionsClosedError extends Error {
  override readonly name = 'ConnectionsClosedError';
  readonly code = 'UND_ERR_CLOSED';

  constructor() {
    super('no more requests are sent');
  }
}
