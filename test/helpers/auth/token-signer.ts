import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type CompactJWSHeaderParameters, calculateJwkThumbprint, exportJWK, type JWK, SignJWT } from 'jose';
import { secret } from '../secrets/known-secrets.ts';

/** The claims of the tokens in these tests. */
export const ISSUER = 'https://tokens.example.com';
export const SERVICE = 'registry.example.com';

/** The claims of a token that differ from the defaults. */
export interface TestClaims {
  readonly iss?: unknown;
  readonly aud?: unknown;
  readonly sub?: unknown;
  readonly exp?: unknown;
  readonly nbf?: unknown;
  /** Scopes such as `repository:app:pull`, or any other value to put into the token. */
  readonly access?: unknown;
  readonly [claim: string]: unknown;
}

/** The algorithm of a key. */
export type TestAlgorithm = 'ES256' | 'ES384' | 'RS256' | 'PS256' | 'EdDSA';

/** A key that signs tokens as a token server does. */
export class TokenSigner {
  readonly algorithm: string;
  readonly kid: string;
  /** The public half, with its `kid`. */
  readonly jwk: JWK;
  readonly #key: KeyObject;

  private constructor(key: KeyObject, algorithm: string, jwk: JWK) {
    this.algorithm = algorithm;
    this.kid = jwk.kid ?? '';
    this.jwk = jwk;
    this.#key = key;
  }

  /** Creates a signer with a new key, or with that of a PEM text. */
  static async of(algorithm: TestAlgorithm, { kid, pem }: { kid?: string; pem?: string } = {}): Promise<TokenSigner> {
    const key = pem === undefined ? newKey(algorithm) : createPrivateKey(pem);
    const { kty, crv, x, y, n, e } = await exportJWK(key);
    const parts = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined);
    const jwk = Object.fromEntries(parts) as unknown as JWK;
    return new TokenSigner(key, algorithm, { ...jwk, kid: kid ?? (await calculateJwkThumbprint(jwk)) });
  }

  /** A valid token except for `claims` and `header`; `undefined` omits a member. */
  async sign(claims: TestClaims = {}, header: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const { access = [], ...others } = claims;
    const scopes = Array.isArray(access) ? access.map((scope: unknown) => entryOf(scope)) : access;
    const right = { iss: ISSUER, aud: SERVICE, sub: 'ann', exp: now + 300, nbf: now - 10, iat: now, jti: 'one' };
    const payload = { ...right, access: scopes, ...others } as Record<string, unknown>;
    const head = { typ: 'JWT', alg: this.algorithm, kid: this.kid, ...header };
    const token = new SignJWT(defined(payload)).setProtectedHeader(defined(head) as CompactJWSHeaderParameters);
    return secret(await token.sign(this.#key));
  }
}

/** The value of the header that carries a token. */
export function bearer(token: string): string {
  return `Bearer ${token}`;
}

function entryOf(scope: unknown): unknown {
  if (typeof scope !== 'string') return scope;
  const [type = '', name = '', actions = ''] = scope.split(':');
  return { type, name, actions: actions.split(',') };
}

function defined(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function newKey(algorithm: TestAlgorithm): KeyObject {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519').privateKey;
  if (algorithm === 'RS256' || algorithm === 'PS256')
    return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return generateKeyPairSync('ec', { namedCurve: algorithm === 'ES256' ? 'P-256' : 'P-384' }).privateKey;
}
