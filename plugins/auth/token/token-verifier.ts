import { errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Actor } from '../../../core/registry/call-context.ts';
import { GrantedAccess } from './access-claim.ts';
import type { KeySet } from './key-set.ts';
import { KeysUnavailableError } from './remote-keys.ts';
import { TokenError } from './token-error.ts';
import type { TrustedKeys } from './trusted-keys.ts';

/** The total length of the remembered tokens, in characters. */
const MAX_REMEMBERED = 4 * 1024 * 1024;
/** How long a verified token is trusted, in milliseconds, so that keys that a server withdraws lose their effect. */
const REMEMBERED_FOR_MS = 60_000;

/** The requirements for a token. */
export interface TokenVerifierOptions {
  /** The accepted issuers: values of the claim `iss`. */
  readonly issuers: readonly string[];
  /** The required audience: the claim `aud` is or contains it. */
  readonly service: string;
  readonly algorithms: readonly string[];
  /** The allowed difference between clocks, in milliseconds. */
  readonly leewayMs: number;
  /** How old a token may be, in milliseconds, whatever it says of its end; without a limit unless given. */
  readonly maxAgeMs?: number;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/** A verified token. */
export interface VerifiedToken {
  /** The claim `sub`; empty for an anonymous user. */
  readonly subject: string;
  /** The claim `groups`, which only some servers write. */
  readonly groups: readonly string[];
  /** The claim `cred` of the embedded token server, which identifies the password of the user. */
  readonly credential: string | undefined;
  readonly access: GrantedAccess;
}

/** The user of a token; `undefined` for an anonymous one. */
export function actorOf({ subject, groups }: VerifiedToken): Actor | undefined {
  if (subject === '') return undefined;
  return groups.length === 0 ? { name: subject } : { name: subject, groups };
}

interface Remembered extends VerifiedToken {
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
export class TokenVerifier {
  readonly #keys: TrustedKeys;
  readonly #options: TokenVerifierOptions;
  readonly #remembered: LRUCache<string, Remembered>;

  constructor(keys: TrustedKeys, options: TokenVerifierOptions) {
    this.#keys = keys;
    this.#options = options;
    this.#remembered = new LRUCache({ maxSize: MAX_REMEMBERED, sizeCalculation: (_token, text) => text.length });
  }

  /**
   * @throws TokenError when the token is not valid, or not any more
   * @throws KeysUnavailableError when the keys of the token server cannot be fetched
   */
  async verify(token: string): Promise<VerifiedToken> {
    const keys = await this.#keys.current();
    const now = this.#options.now();
    const known = this.#remembered.get(token);
    if (known !== undefined && known.keys === keys && known.from <= now && now < known.until) return known;
    const verified = await this.#check(token, now, keys);
    this.#remembered.set(token, verified);
    return verified;
  }

  async #check(token: string, now: number, keys: KeySet | undefined): Promise<Remembered> {
    const { issuers, service, algorithms, leewayMs, maxAgeMs } = this.#options;
    try {
      const { payload } = await jwtVerify(token, (header) => this.#keys.find(header), {
        issuer: [...issuers],
        audience: service,
        algorithms: [...algorithms],
        clockTolerance: leewayMs / 1000,
        currentDate: new Date(now),
        requiredClaims: ['exp'],
        ...(maxAgeMs !== undefined && { maxTokenAge: maxAgeMs / 1000 }),
      });
      const { sub = '', exp = 0, nbf = 0 } = payload;
      if (typeof sub !== 'string') throw new TokenError('its claim "sub" is not a string');
      const access = GrantedAccess.parse(payload['access']);
      const until = Math.min(exp * 1000 + leewayMs, now + REMEMBERED_FOR_MS);
      const { cred } = payload;
      const credential = typeof cred === 'string' ? cred : undefined;
      return {
        subject: sub,
        groups: groupsOf(payload['groups']),
        credential,
        access,
        from: nbf * 1000 - leewayMs,
        until,
        keys,
      };
    } catch (error) {
      if (error instanceof TokenError || error instanceof KeysUnavailableError) throw error;
      // Nothing in a token is an error of this program, so any failure means that it is rejected.
      throw new TokenError(reasonOf(error), { cause: error });
    }
  }
}

function groupsOf(claim: unknown): readonly string[] {
  return Array.isArray(claim) ? claim.filter((group): group is string => typeof group === 'string') : [];
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
