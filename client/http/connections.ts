import { getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
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

/** A pool of connections for each host, opened at its first request and kept between requests. */
export class Connections implements AsyncDisposable {
  readonly #options: ConnectionOptions;
  readonly #pools = new Map<string, Dispatcher>();

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** The pool for the host of `url`. */
  poolFor(url: URL): Dispatcher {
    const known = this.#pools.get(url.origin);
    if (known !== undefined) return known;
    const pool = this.#open(url);
    this.#pools.set(url.origin, pool);
    return pool;
  }

  #open(url: URL): Dispatcher {
    const { timeOuts, maxConnections, environment } = this.#options;
    const connect = { ...this.#tlsFor(url), timeout: timeOuts.connectMs ?? 30_000, allowH2: false };
    const options = {
      connections: maxConnections,
      headersTimeout: timeOuts.answerMs ?? 300_000,
      bodyTimeout: timeOuts.readMs ?? 60_000,
      connectTimeout: timeOuts.connectMs ?? 30_000,
      allowH2: false,
    };
    const proxy = proxyOf(url, environment);
    if (proxy === undefined) return new Agent({ ...options, connect });
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
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
}
