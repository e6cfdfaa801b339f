import { createECDH, createPrivateKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, createLocalJWKSet, type JWK } from 'jose';
import type { KeySet } from '../token/key-set.ts';

const CURVE = 'prime256v1';
const PRIVATE_KEY_BYTES = 32;
const PURPOSE = 'stowage embedded tokens ES256';
/** About one of 2^32 numbers is not a valid key of the curve; the next one is then tried. */
const MAX_TRIES = 4;

/** A key pair that signs tokens. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  /** The public half, with its `kid`. */
  readonly jwk: JWK;
}

/** The keys of a token server. */
export interface SigningKeys {
  /** Signs new tokens. */
  readonly current: SigningKey;
  /** Verify tokens: those signed by the current key, and those of the other keys while they are listed. */
  readonly trusted: KeySet;
}

/**
 * The keys derived from `http.secret` and `http.secrets`: all processes with these secrets get the same keys, so none has to
 * be stored. The key of the first secret signs. Without secrets, the process generates a key of its own.
 */
export async function signingKeysOf(secrets: readonly string[]): Promise<SigningKeys> {
  const seeds = secrets.length === 0 ? [randomBytes(PRIVATE_KEY_BYTES)] : secrets.map((secret) => Buffer.from(secret));
  const [current, ...others] = await Promise.all(seeds.map(keyOf));
  if (current === undefined) throw new Error('a list that is not empty has a first item');
  const keys = [current, ...others].map(({ jwk }) => jwk);
  const ids = keys.map(({ kid }) => kid ?? '');
  return { current, trusted: { roots: [], find: createLocalJWKSet({ keys }), secrets: new Map(), ids } };
}

async function keyOf(seed: Uint8Array): Promise<SigningKey> {
  const ecdh = createECDH(CURVE);
  const d = privateKeyOf(ecdh, seed);
  const point = ecdh.getPublicKey();
  const middle = 1 + PRIVATE_KEY_BYTES;
  const [x, y] = [point.subarray(1, middle).toString('base64url'), point.subarray(middle).toString('base64url')];
  const publicHalf = { kty: 'EC', crv: 'P-256', x, y };
  const kid = await calculateJwkThumbprint(publicHalf);
  const privateKey = createPrivateKey({ key: { ...publicHalf, d: d.toString('base64url') }, format: 'jwk' });
  return { kid, privateKey, jwk: { ...publicHalf, kid, alg: 'ES256', use: 'sig' } };
}

function privateKeyOf(ecdh: ReturnType<typeof createECDH>, seed: Uint8Array): Buffer {
  for (let count = 0; ; count += 1) {
    const bytes = Buffer.from(hkdfSync('sha256', seed, '', `${PURPOSE} ${count}`, PRIVATE_KEY_BYTES));
    try {
      ecdh.setPrivateKey(bytes);
      return bytes;
    } catch (error) {
      if (count === MAX_TRIES) throw error;
    }
  }
}
