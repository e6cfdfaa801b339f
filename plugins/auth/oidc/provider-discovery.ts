import type { CustomFetch } from 'openid-client';
import type { PluginContext } from '../../../core/driver/index.ts';
import { errorMessage } from '../../loading/error-message.ts';
import { fetchBounded } from '../bounded-fetch.ts';
import { isConfidential } from '../confidential-url.ts';
import { type FetchFailure, PatientReload, type Wait } from '../patient-reload.ts';
import { KeysUnavailableError } from '../token/remote-keys.ts';

/** The time after which the document is fetched again before it is used, in milliseconds. */
const FRESH_FOR_MS = 60 * 60_000;
const COOLDOWN_MS = 10_000;
const TIMEOUT_S = 5;

/** What the discovery document of a provider says. */
export interface Provider {
  readonly keysUrl: URL;
  /** The algorithms of its ID tokens; `undefined` when it names none. */
  readonly algorithms: readonly string[] | undefined;
}

/** The options of {@link ProviderDiscovery}. */
export interface ProviderDiscoveryOptions {
  readonly warn: PluginContext['warn'];
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
  /** PEM certificates of the authorities of the provider; by default those of Node. */
  readonly authorities?: () => Promise<string | undefined>;
  /** How a request waits for a newer document while one is known; by default with a timer of Node. */
  readonly wait?: Wait;
}

/**
 * The discovery document of an issuer (OpenID Connect Discovery 1.0, section 4). It is fetched when it is first needed, and
 * when it is needed after an hour; while that fails, at most every ten seconds, and less often while one is known. The last
 * document stays in effect meanwhile, and a request that needs it waits for a newer one for one second at most.
 */
export class ProviderDiscovery {
  readonly #issuer: string;
  readonly #options: ProviderDiscoveryOptions;
  readonly #reload: PatientReload;
  #known: { readonly at: number; readonly provider: Provider } | undefined;
  #failure: FetchFailure | undefined;
  #running: Promise<Provider> | undefined;

  constructor(issuer: string, options: ProviderDiscoveryOptions) {
    this.#issuer = issuer;
    this.#options = options;
    this.#reload = new PatientReload({ now: options.now, cooldownMs: COOLDOWN_MS, wait: options.wait });
  }

  /** @throws KeysUnavailableError when no document is known, and none can be fetched */
  async current(): Promise<Provider> {
    const known = this.#known;
    if (known === undefined) return this.#fetch();
    if (Math.abs(this.#options.now() - known.at) <= FRESH_FOR_MS) return known.provider;
    // Awaited, because the keys may have moved.
    await this.#reload.run(() => this.#fetch(), this.#failure);
    return this.#known?.provider ?? known.provider;
  }

  /** Limits retries: while the provider fails, tokens must not make this registry fetch again and again. */
  async #fetch(): Promise<Provider> {
    const { now } = this.#options;
    if (this.#failure !== undefined && Math.abs(now() - this.#failure.at) < COOLDOWN_MS) throw this.#failure.error;
    this.#running ??= this.#discover().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #discover(): Promise<Provider> {
    const { now, warn } = this.#options;
    try {
      const provider = await this.#ask();
      this.#known = { at: now(), provider };
      this.#failure = undefined;
      return provider;
    } catch (cause) {
      const error = new KeysUnavailableError(`${this.#issuer}: ${errorMessage(cause)}`, { cause });
      this.#failure = { at: now(), error, inARow: (this.#failure?.inARow ?? 0) + 1 };
      const effect = this.#known === undefined ? 'nobody can log in by it' : 'the last one stays in effect';
      warn(`the discovery document of ${error.message}; ${effect}, and it is tried again`, { issuer: this.#issuer });
      throw error;
    }
  }

  async #ask(): Promise<Provider> {
    const { allowInsecureRequests, ClientError, customFetch, discovery } = await import('openid-client');
    // The whole URL, so that the library leaves the comparison of issuers to us: here each character counts.
    const document = new URL(`${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const fetch: CustomFetch = async (target, { headers, signal }) =>
      fetchBounded(target, { headers: new Headers(headers), signal, authorities: await this.#options.authorities?.() });
    // Of plain HTTP, only addresses of this machine get so far.
    const execute = document.protocol === 'http:' ? [allowInsecureRequests] : [];
    // This registry is no client of the provider: the name is never sent.
    const options = { execute, timeout: TIMEOUT_S, [customFetch]: fetch };
    try {
      const found = await discovery(document, 'stowage', undefined, undefined, options);
      return providerIn(found.serverMetadata(), this.#issuer);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      // Without a code it says nothing of its own; with one, its cause may be the whole answer.
      throw error.code === undefined ? error.cause : new Error(error.message);
    }
  }
}

/** @throws Error that says what is wrong with the document */
function providerIn(
  { issuer, jwks_uri, id_token_signing_alg_values_supported: algorithms }: DiscoveryDocument,
  expected: string,
): Provider {
  if (issuer !== expected) {
    throw new Error(
      `it names the issuer ${JSON.stringify(issuer)}; if that is the right one, write exactly this as issuer`,
    );
  }
  const keysUrl = typeof jwks_uri === 'string' ? URL.parse(jwks_uri) : null;
  if (keysUrl === null) throw new Error('it has no jwks_uri, which must be a URL');
  const isPlain = new URL(expected).protocol === 'http:';
  if (!isConfidential(keysUrl) || (keysUrl.protocol === 'http:' && !isPlain)) {
    throw new Error('its jwks_uri is not an https URL');
  }
  const named: readonly unknown[] = Array.isArray(algorithms) ? algorithms : [];
  const texts = named.filter((name): name is string => typeof name === 'string');
  return { keysUrl, algorithms: texts.length === 0 ? undefined : texts };
}

/** What counts of it; nothing about it is certain. */
interface DiscoveryDocument {
  readonly issuer: unknown;
  readonly jwks_uri?: unknown;
  readonly id_token_signing_alg_values_supported?: unknown;
}
