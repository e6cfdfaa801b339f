import { apiHost } from '../references/registry-host.ts';
import type { ConnectionPools } from './connection-pools.ts';
import { type HostPatterns, isLoopback } from './host-patterns.ts';
import { failedRequest, TransferError } from './transfer-error.ts';
import { translateError } from './translate-error.ts';
import { unlessAborted } from './unless-aborted.ts';
import { saysWantsTls } from './wants-tls.ts';

const MAX_TEXT = 1000;

/** What determines the origin of a registry. */
export interface RegistryOriginDependencies {
  readonly connections: ConnectionPools;
  readonly insecure: HostPatterns;
}

/**
 * Determines scheme and host of a registry. For loopback addresses and insecure registries, TLS is tried first, then
 * plain HTTP if they do not speak TLS, as Docker does. No other host is ever contacted over plain HTTP unless `scheme`
 * says so.
 */
export class RegistryOrigin {
  readonly #dependencies: RegistryOriginDependencies;
  readonly #host: string;
  readonly #secure: URL;
  #found: Promise<URL> | URL | undefined;

  constructor(host: string, scheme: 'https' | 'http' | undefined, dependencies: RegistryOriginDependencies) {
    this.#dependencies = dependencies;
    this.#host = apiHost(host);
    this.#secure = new URL(`https://${this.#host}`);
    const mayBePlain = isLoopback(this.#secure) || dependencies.insecure.match(this.#secure);
    if (scheme !== undefined || !mayBePlain) this.#found = new URL(`${scheme ?? 'https'}://${this.#host}`);
  }

  /** Whether requests are sent without TLS; if both are possible, it is known only after the first request. */
  get isPlain(): boolean {
    return this.#found instanceof URL && this.#found.protocol === 'http:';
  }

  async find(signal: AbortSignal | undefined): Promise<URL> {
    this.#found ??= this.#probe().then(
      (url) => (this.#found = url),
      (error: unknown) => {
        this.#found = undefined;
        throw error;
      },
    );
    return this.#found instanceof URL ? this.#found : unlessAborted(this.#found, signal);
  }

  async #probe(): Promise<URL> {
    const url = new URL('/v2/', this.#secure);
    try {
      const { body } = await this.#dependencies.connections.request(url, { method: 'GET' });
      await body.dump();
      return this.#secure;
    } catch (error) {
      const meaning = translateError(error, failedRequest('GET', url), undefined);
      const isNoTls = meaning instanceof TransferError && ['no-tls', 'refused', 'cut'].includes(meaning.reason);
      if (!isNoTls) throw meaning;
      const plain = new URL(`http://${this.#host}`);
      // A host that breaks TLS connections may speak TLS but require a client certificate.
      if (meaning.reason === 'cut' && (await this.#wantsTls(plain))) throw brokenTls(meaning);
      return plain;
    }
  }

  /**
   * Whether the host answers plain HTTP with the message that it requires TLS, as Go and nginx do, or with a TLS alert.
   */
  async #wantsTls(origin: URL): Promise<boolean> {
    const url = new URL('/v2/', origin);
    try {
      const { statusCode, body } = await this.#dependencies.connections.request(url, { method: 'GET' });
      if (statusCode === 400) return saysWantsTls((await body.text()).slice(0, MAX_TEXT));
      await body.dump();
      return false;
    } catch (error) {
      const meaning = translateError(error, failedRequest('GET', url), undefined);
      return meaning instanceof TransferError && meaning.reason === 'tls-only';
    }
  }
}

function brokenTls({ request, cause }: TransferError): TransferError {
  const explanation = 'the host speaks TLS but broke the connection; it may require a client certificate';
  return new TransferError('client-certificate', request, explanation, { cause });
}
