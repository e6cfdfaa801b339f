import { randomUUID } from 'node:crypto';
import { decodeJwt, SignJWT } from 'jose';
import type { Identity } from '../credentials/identity.ts';
import type { Scope } from '../scope.ts';
import type { KeySet } from '../token/key-set.ts';
import { TokenVerifier, type VerifiedToken } from '../token/token-verifier.ts';
import { TrustedKeys } from '../token/trusted-keys.ts';
import type { SigningKeySource } from './signing-keys.ts';

const ISSUER = 'stowage';

/** A token as clients receive it. */
export interface IssuedToken {
  readonly token: string;
  /** How long it is valid, in seconds. */
  readonly expiresIn: number;
  readonly issuedAt: Date;
}

/** The options of {@link EmbeddedTokens}. */
export interface EmbeddedTokensOptions {
  /** The name of the registry in tokens. */
  readonly service: string;
  readonly keys: SigningKeySource;
  /** How long a token is valid, in milliseconds. Clients fetch a new one by themselves. */
  readonly lifeMs: number;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/** Issues and verifies the short-lived tokens of the embedded token server; all processes with its keys accept them. */
export class EmbeddedTokens {
  readonly service: string;
  readonly #options: EmbeddedTokensOptions;
  readonly #verifier: TokenVerifier;

  constructor(options: EmbeddedTokensOptions) {
    this.service = options.service;
    this.#options = options;
    const { service, keys, lifeMs, now } = options;
    const source = { current: async (): Promise<KeySet> => (await keys.current()).trusted };
    this.#verifier = new TokenVerifier(new TrustedKeys({ files: source, remote: undefined }, now), {
      ...{ issuers: [ISSUER], service, algorithms: ['ES256'], leewayMs: 0, maxAgeMs: lifeMs, now },
    });
  }

  /** Issues a token that allows these scopes, for a user or an anonymous client. It ends with the credentials, or earlier. */
  async issue(identity: Identity | undefined, scopes: readonly Scope[]): Promise<IssuedToken> {
    const { keys, lifeMs, now } = this.#options;
    const { current } = await keys.current();
    const issuedAt = new Date(now());
    const iat = Math.floor(issuedAt.getTime() / 1000);
    const end = Math.floor((identity?.expiresAtMs ?? Number.POSITIVE_INFINITY) / 1000);
    const expiresIn = Math.max(Math.min(Math.floor(lifeMs / 1000), end - iat), 0);
    const { actor, credential } = identity ?? {};
    const access = scopes.map(({ type, name, actions }) => ({ type, name, actions }));
    const token = await new SignJWT({
      access,
      ...(actor?.groups && { groups: actor.groups }),
      ...(credential !== undefined && { cred: credential }),
    })
      .setProtectedHeader({ typ: 'JWT', alg: 'ES256', kid: current.kid })
      .setIssuer(ISSUER)
      .setAudience(this.service)
      .setSubject(actor?.name ?? '')
      .setIssuedAt(iat)
      .setNotBefore(iat)
      .setExpirationTime(iat + expiresIn)
      .setJti(randomUUID())
      .sign(current.privateKey);
    return { token, expiresIn, issuedAt };
  }

  /** Whether a token, valid or not, names this token server as its issuer. */
  names(token: string): boolean {
    try {
      return decodeJwt(token).iss === ISSUER;
    } catch {
      return false;
    }
  }

  /** @throws TokenError if the token is not valid */
  verify(token: string): Promise<VerifiedToken> {
    return this.#verifier.verify(token);
  }

  /** The public keys, as a JSON Web Key Set. */
  async publicKeys(): Promise<object> {
    return (await this.#options.keys.current()).trusted.find.jwks();
  }
}
