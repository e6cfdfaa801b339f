import { randomUUID } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import type { Identity } from '../credentials/identity.ts';
import { JwtVerifier } from '../token/jwt-verifier.ts';
import type { KeySet } from '../token/key-set.ts';
import { TokenError } from '../token/token-error.ts';
import { TrustedKeys } from '../token/trusted-keys.ts';
import type { SigningKeySource } from './signing-keys.ts';

/** Another issuer than that of the tokens for requests, so that neither is taken for the other. */
const ISSUER = 'stowage/refresh';
const LIFE_MS = 30 * 24 * 3_600_000;

/** The options of {@link RefreshTokens}. */
export interface RefreshTokensOptions {
  /** The name of the registry in tokens. */
  readonly service: string;
  readonly keys: SigningKeySource;
  /** Whether the keys are the same after a restart. Otherwise no tokens are issued, and clients keep the password. */
  readonly areLasting: () => boolean;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/** Who obtained a refresh token, and by which credentials. They may have ended since. */
export type RefreshedIdentity = Pick<Identity, 'actor' | 'credential'>;

/**
 * Refresh tokens: clients keep one instead of the password, and exchange it for tokens for requests. They are valid for 30
 * days, and nothing is stored for them. Whether the credentials by which one was obtained are still valid is up to the
 * caller.
 */
export class RefreshTokens {
  readonly #options: RefreshTokensOptions;
  readonly #verifier: JwtVerifier<RefreshedIdentity>;

  constructor(options: RefreshTokensOptions) {
    this.#options = options;
    const { service, keys, now } = options;
    const source = { current: async (): Promise<KeySet> => (await keys.current()).trusted };
    this.#verifier = new JwtVerifier(new TrustedKeys({ files: source, remote: undefined }, now), {
      ...{ issuers: [ISSUER], audiences: [service], algorithms: ['ES256'], leewayMs: 0, maxAgeMs: LIFE_MS, now },
      read: identityIn,
    });
  }

  /** `undefined` for an anonymous client, and for credentials that have an end of their own. */
  async issue(identity: Identity | undefined): Promise<string | undefined> {
    const { service, keys, areLasting, now } = this.#options;
    if (identity === undefined || identity.expiresAtMs !== undefined || !areLasting()) return undefined;
    const { current } = await keys.current();
    const iat = Math.floor(now() / 1000);
    const { actor, credential } = identity;
    return new SignJWT({ cred: credential, ...(actor.groups && { groups: actor.groups }) })
      .setProtectedHeader({ typ: 'refresh+jwt', alg: 'ES256', kid: current.kid })
      .setIssuer(ISSUER)
      .setAudience(service)
      .setSubject(actor.name)
      .setIssuedAt(iat)
      .setNotBefore(iat)
      .setExpirationTime(iat + LIFE_MS / 1000)
      .setJti(randomUUID())
      .sign(current.privateKey);
  }

  /** @throws TokenError if the token is not valid */
  redeem(token: string): Promise<RefreshedIdentity> {
    return this.#verifier.verify(token);
  }
}

function identityIn({ sub, cred, groups }: JWTPayload): RefreshedIdentity {
  if (typeof sub !== 'string' || sub === '' || typeof cred !== 'string') {
    throw new TokenError('it does not say by which credentials it was obtained');
  }
  if (!Array.isArray(groups)) return { actor: { name: sub }, credential: cred };
  const names = groups.filter((group): group is string => typeof group === 'string');
  return { actor: { name: sub, groups: names }, credential: cred };
}
