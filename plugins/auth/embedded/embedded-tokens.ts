import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { SignJWT } from 'jose';
import type { Identity } from '../credentials/identity.ts';
import type { Scope } from '../scope.ts';
import type { KeySet } from '../token/key-set.ts';
import { TokenVerifier, type VerifiedToken } from '../token/token-verifier.ts';
import { TrustedKeys } from '../token/trusted-keys.ts';
import { type SigningKeys, signingKeysOf } from './signing-keys.ts';

/** How long a token is valid, in seconds. Clients fetch a new one by themselves. */
const LIFE_S = 300;
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
  /** The current secrets: the same array until a reload replaces them. */
  readonly secrets: () => readonly string[];
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Issues and verifies the short-lived tokens of the embedded token server. Their keys are derived from the secrets of the
 * registry, so all processes with these secrets accept them, and a new secret changes the keys.
 */
export class EmbeddedTokens {
  readonly service: string;
  readonly #options: EmbeddedTokensOptions;
  readonly #verifier: TokenVerifier;
  #keys: { readonly secrets: readonly string[]; readonly made: Promise<SigningKeys> } | undefined;

  constructor(options: EmbeddedTokensOptions) {
    this.service = options.service;
    this.#options = options;
    const source = { current: async (): Promise<KeySet> => (await this.#current()).trusted };
    const { service, now } = options;
    this.#verifier = new TokenVerifier(new TrustedKeys({ files: source, remote: undefined }, now), {
      ...{ issuers: [ISSUER], service, algorithms: ['ES256'], leewayMs: 0, maxAgeMs: LIFE_S * 1000, now },
    });
  }

  /** Issues a token that allows these scopes, for a user or an anonymous client. It ends with the credentials, or earlier. */
  async issue(identity: Identity | undefined, scopes: readonly Scope[]): Promise<IssuedToken> {
    const { current } = await this.#current();
    const issuedAt = new Date(this.#options.now());
    const iat = Math.floor(issuedAt.getTime() / 1000);
    const end = Math.floor((identity?.expiresAtMs ?? Number.POSITIVE_INFINITY) / 1000);
    const expiresIn = Math.max(Math.min(LIFE_S, end - iat), 0);
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

  /** @throws TokenError if the token is not valid */
  verify(token: string): Promise<VerifiedToken> {
    return this.#verifier.verify(token);
  }

  /** The public keys, as a JSON Web Key Set. */
  async publicKeys(): Promise<object> {
    return (await this.#current()).trusted.find.jwks();
  }

  #current(): Promise<SigningKeys> {
    const secrets = this.#options.secrets();
    const known = this.#keys;
    if (known !== undefined && isDeepStrictEqual(known.secrets, secrets)) return known.made;
    const made = signingKeysOf(secrets);
    this.#keys = { secrets, made };
    // The next request tries again.
    made.catch(() => (this.#keys = undefined));
    return made;
  }
}
