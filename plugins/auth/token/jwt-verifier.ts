import { type CryptoKey, errors, type JWSHeaderParameters, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { KeySet } from './key-set.ts';
import { KeysUnavailableError } from './remote-keys.ts';
import { TokenError } from './token-error.ts';
import type { TrustedKey } from './trusted-keys.ts';

/** The length of the largest header and form, in characters. */
const MAX_TOKEN_LENGTH = 64 * 1024;
/** The total length of the remembered tokens, in characters. */
const MAX_REMEMBERED = 4 * 1024 * 1024;
/** How long a verified token is trusted, in milliseconds, so that keys that a server withdraws lose their effect. */
const REMEMBERED_FOR_MS = 60_000;
/** The characters of a compact token; jose also decodes one with white space in it. */
const COMPACT = /^[\w.-]+$/;

/** Where the keys of tokens come from. */
export interface TokenKeys {
  /** The keys of the files: another object after each change; `undefined` when there are no files. */
  current(): Promise<KeySet | undefined>;
  /**
   * @throws TokenError when the header names no trusted key
   * @throws KeysUnavailableError when the keys cannot be fetched
   */
  find(header: JWSHeaderParameters): Promise<TrustedKey>;
}

/** The requirements for a token. */
export interface JwtVerifierOptions<Content> {
  /** The accepted issuers: values of the claim `iss`. */
  readonly issuers: readonly string[];
  /** The accepted audiences: the claim `aud` is one of them, or contains one. */
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  /** The allowed difference between clocks, in milliseconds. */
  readonly leewayMs: number;
  /** How old a token may be, in milliseconds, whatever it says of its end; without a limit unless given. */
  readonly maxAgeMs?: number;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
  /**
   * Reads the content from the claims of a token, which are genuine.
   * @throws TokenError when they are not acceptable
   */
  readonly read: (claims: JWTPayload) => Content;
}

interface Remembered<Content> {
  readonly content: Content;
  /** When it becomes valid, and when it expires or must be verified again, in milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** The keys of the files when it was verified. */
  readonly keys: KeySet | undefined;
}

/**
 * Verifies tokens (RFC 7519): signature, algorithm, issuer, audience and time. A valid token is remembered for a
 * minute, so that the requests of a pull cost one verification.
 */
export class JwtVerifier<Content> {
  readonly #keys: TokenKeys;
  readonly #options: JwtVerifierOptions<Content>;
  readonly #remembered: LRUCache<string, Remembered<Content>>;

  constructor(keys: TokenKeys, options: JwtVerifierOptions<Content>) {
    this.#keys = keys;
    this.#options = options;
    this.#remembered = new LRUCache({ maxSize: MAX_REMEMBERED, sizeCalculation: (_token, text) => text.length });
  }

  /**
   * @throws TokenError when the token is not valid, or not any more
   * @throws KeysUnavailableError when the keys of the token server cannot be fetched
   */
  async verify(token: string): Promise<Content> {
    const keys = await this.#keys.current();
    const now = this.#options.now();
    const known = this.#remembered.get(token);
    if (known !== undefined && known.keys === keys && known.from <= now && now < known.until) return known.content;
    if (token.length > MAX_TOKEN_LENGTH) throw new TokenError(`it has more than ${MAX_TOKEN_LENGTH} characters`);
    if (!COMPACT.test(token)) throw new TokenError('it has characters that no token has');
    const verified = await this.#check(token, now, keys);
    this.#remembered.set(token, verified);
    return verified.content;
  }

  async #check(token: string, now: number, keys: KeySet | undefined): Promise<Remembered<Content>> {
    const { issuers, audiences, algorithms, leewayMs, maxAgeMs, read } = this.#options;
    try {
      const { payload } = await jwtVerify(token, (header): Promise<CryptoKey | TrustedKey> => this.#keys.find(header), {
        issuer: [...issuers],
        audience: [...audiences],
        algorithms: [...algorithms],
        clockTolerance: leewayMs / 1000,
        currentDate: new Date(now),
        requiredClaims: ['exp'],
        ...(maxAgeMs !== undefined && { maxTokenAge: maxAgeMs / 1000 }),
      });
      const { exp = 0, nbf = 0 } = payload;
      const until = Math.min(exp * 1000 + leewayMs, now + REMEMBERED_FOR_MS);
      // Not before now: a clock that is set back must not prolong how long it is remembered.
      return { content: read(payload), from: Math.max(nbf * 1000 - leewayMs, now), until, keys };
    } catch (error) {
      if (error instanceof TokenError || error instanceof KeysUnavailableError) throw error;
      // Nothing in a token is an error of this program, so any failure means that it is rejected.
      throw new TokenError(reasonOf(error), { cause: error });
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return `it has expired at ${dateOf(error.payload.exp)}`;
  if (error instanceof errors.JWTClaimValidationFailed) return `its claim "${error.claim}" is wrong: ${error.message}`;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not in signingalgorithms';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  return error instanceof Error ? error.message : 'it cannot be checked';
}

function dateOf(seconds: number | undefined): string {
  const date = new Date((seconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString();
}
