import type { JWSHeaderParameters } from 'jose';
import type { TokenKeys } from '../token/jwt-verifier.ts';
import { RemoteKeys, type RemoteKeysOptions } from '../token/remote-keys.ts';
import { TokenError } from '../token/token-error.ts';
import { type TrustedKey, TrustedKeys } from '../token/trusted-keys.ts';
import { type Provider, ProviderDiscovery } from './provider-discovery.ts';

/** ID tokens, access tokens (RFC 9068), and tokens that do not say what they are, such as those of Kubernetes. */
const TYPES = [undefined, 'jwt', 'application/jwt', 'at+jwt', 'application/at+jwt'];

/** Where the keys of an issuer are. */
export interface IssuerKeysOptions extends RemoteKeysOptions {
  /** As tokens and the discovery document name it. */
  readonly issuer: string;
  /** The URL of its keys; `undefined` to ask its discovery document. */
  readonly keysUrl: URL | undefined;
  /** Whether the discovery document decides which algorithms its tokens may have. */
  readonly asksForAlgorithms: boolean;
}

/** The keys of one issuer, from the place that its discovery document or the operator names. */
export class IssuerKeys implements TokenKeys {
  readonly #options: IssuerKeysOptions;
  readonly #discovery: ProviderDiscovery | undefined;
  #found: { readonly url: string; readonly keys: TrustedKeys } | undefined;

  constructor(options: IssuerKeysOptions) {
    const { issuer, keysUrl } = options;
    this.#options = options;
    this.#discovery = keysUrl === undefined ? new ProviderDiscovery(issuer, options) : undefined;
  }

  /** Asks for the discovery document in advance. A failure is reported as a warning. */
  async prepare(): Promise<void> {
    await this.#discovery?.current().catch(() => undefined);
  }

  /** There are no files. */
  async current(): Promise<undefined> {
    return undefined;
  }

  /**
   * @throws TokenError when the header names no key of the issuer, an algorithm that it does not use, or another kind of token
   * @throws KeysUnavailableError when the document or the keys cannot be fetched
   */
  async find({ alg = '', kid, typ }: JWSHeaderParameters): Promise<TrustedKey> {
    if (!TYPES.includes(typeof typ === 'string' ? typ.toLowerCase() : undefined)) {
      throw new TokenError('it is another kind of token (its header "typ")');
    }
    const { keysUrl, algorithms } = await this.#provider();
    if (this.#options.asksForAlgorithms && algorithms?.includes(alg) === false) {
      throw new TokenError(`its algorithm ${alg} is not among those of its issuer: ${algorithms.join(', ')}`);
    }
    // Keys and certificates in the header do not count.
    return this.#keysAt(keysUrl).find({ alg, ...(kid !== undefined && { kid }) });
  }

  async #provider(): Promise<Provider> {
    const { keysUrl } = this.#options;
    if (this.#discovery !== undefined) return this.#discovery.current();
    if (keysUrl === undefined) throw new Error('an issuer without a discovery document has a URL of its keys');
    return { keysUrl, algorithms: undefined };
  }

  #keysAt(url: URL): TrustedKeys {
    if (this.#found?.url !== url.href) {
      const remote = new RemoteKeys(url, this.#options);
      this.#found = { url: url.href, keys: new TrustedKeys({ files: undefined, remote }, this.#options.now) };
    }
    return this.#found.keys;
  }
}
