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
import { type FetchFailure, PatientReload, type Wait } from '../patient-reload.ts';

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
  /** How a request waits for newer keys while some are known; by default with a timer of Node. */
  readonly wait?: Wait;
}

/**
 * The keys of a token server, from its JSON Web Key Set. They are fetched when the first token arrives, before the first one after
 * ten minutes, and when a token names an unknown key, but at most every ten seconds. If the server does not answer, known keys stay
 * in effect for 70 minutes: a token of theirs waits for newer ones for one second at most, and seldom. Others wait for five seconds.
 */
export class RemoteKeys {
  readonly #set: RemoteJWKSet;
  readonly #url: URL;
  readonly #options: RemoteKeysOptions;
  readonly #reload: PatientReload;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #failure: FetchFailure | undefined;

  constructor(url: URL, options: RemoteKeysOptions) {
    const { now, cooldownMs = COOLDOWN_MS, wait } = options;
    this.#url = url;
    this.#options = options;
    this.#reload = new PatientReload({ now, cooldownMs, wait });
    this.#set = createRemoteJWKSet(url, {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: cooldownMs,
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
      // Awaited, because the key may be withdrawn.
      await this.#reload.run(() => this.#set.reload(), this.#failure);
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
      this.#failure = { at: now(), error, inARow: (this.#failure?.inARow ?? 0) + 1 };
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
