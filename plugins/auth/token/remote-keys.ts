import {
  type CryptoKey,
  createRemoteJWKSet,
  customFetch,
  type FetchImplementation,
  type JWSHeaderParameters,
  type RemoteJWKSet,
} from 'jose';
import type { PluginContext } from '../../../core/driver/index.ts';
import { errorMessage } from '../../loading/error-message.ts';
import { fetchBounded } from '../bounded-fetch.ts';

/** The time after which the keys are fetched again before one of them is used, in milliseconds. */
const FRESH_FOR_MS = 10 * 60_000;
/** How long keys that cannot be fetched again stay in effect, in milliseconds. */
const MAX_AGE_MS = 70 * 60_000;
const COOLDOWN_MS = 10_000;
const TIMEOUT_MS = 5_000;

/** Thrown when the keys cannot be fetched and none are known. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

/** Options of {@link RemoteKeys}. */
export interface RemoteKeysOptions {
  readonly warn: PluginContext['warn'];
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
  /** How often a token with an unknown key, or a failure, may cause a fetch, in milliseconds; default ten seconds. */
  readonly cooldownMs?: number;
  /** PEM certificates of the authorities of the server; by default those of Node. */
  readonly authorities?: () => Promise<string | undefined>;
}

/**
 * The keys of a token server, from its JSON Web Key Set. They are fetched when the first token arrives, before the first one after
 * ten minutes, and when a token names an unknown key, but at most every ten seconds. If the server does not answer within five
 * seconds, known keys stay in effect for 70 minutes.
 */
export class RemoteKeys {
  readonly #set: RemoteJWKSet;
  readonly #url: URL;
  readonly #options: RemoteKeysOptions;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #failure: { readonly at: number; readonly error: Error } | undefined;

  constructor(url: URL, options: RemoteKeysOptions) {
    this.#url = url;
    this.#options = options;
    this.#set = createRemoteJWKSet(url, {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: options.cooldownMs ?? COOLDOWN_MS,
      cacheMaxAge: MAX_AGE_MS,
      headers: { Accept: 'application/jwk-set+json, application/json' },
      [customFetch]: (target, asked) => this.#fetch(target, asked),
    });
  }

  /** The ids of the known keys, for the log. */
  get ids(): readonly string[] {
    return this.#set.jwks()?.keys.map(({ kid }) => kid ?? 'without a kid') ?? [];
  }

  /**
   * The key that the header of a token names.
   * @throws KeysUnavailableError when no keys are known, and none can be fetched
   * @throws JOSEError when there is no such key
   */
  async find(header: JWSHeaderParameters): Promise<CryptoKey> {
    // Clocks may be set back, here and below.
    if (Math.abs(this.#options.now() - this.#fetchedAt) > FRESH_FOR_MS && this.#set.fresh) {
      // Awaited, because the key may be withdrawn. A failure is reported; the known keys suffice meanwhile.
      await this.#set.reload().catch(() => undefined);
    }
    const failureBefore = this.#failure;
    try {
      return await this.#set(header);
    } catch (error) {
      if (this.#failure === undefined || (this.#failure === failureBefore && this.#set.fresh)) throw error;
      throw new KeysUnavailableError(`${this.#url.href}: ${this.#failure.error.message}`, { cause: error });
    }
  }

  /** Limits retries: while the server fails, tokens must not make this registry fetch again and again. */
  async #fetch(target: string, { headers, signal }: Parameters<FetchImplementation>[1]): Promise<Response> {
    const { now, warn, cooldownMs = COOLDOWN_MS, authorities } = this.#options;
    if (this.#failure !== undefined && Math.abs(now() - this.#failure.at) < cooldownMs) throw this.#failure.error;
    try {
      const answer = await fetchBounded(target, { headers, signal, authorities: await authorities?.() });
      const text = await answer.text();
      requireKeySet(text);
      this.#failure = undefined;
      this.#fetchedAt = now();
      return new Response(text);
    } catch (cause) {
      const error = new Error(errorMessage(cause), { cause });
      this.#failure = { at: now(), error };
      warn(`the keys for tokens could not be fetched: ${error.message}`, { url: this.#url.href });
      throw error;
    }
  }
}

function requireKeySet(text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('the answer is not JSON; it must be a JSON Web Key Set');
  }
  if (!(typeof value === 'object' && value !== null && 'keys' in value && isListOfObjects(value.keys))) {
    throw new Error('the answer is not a JSON Web Key Set: {"keys": [...]}');
  }
}

function isListOfObjects(value: unknown): boolean {
  return (
    Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
  );
}
