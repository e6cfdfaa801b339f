import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  scrypt,
} from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, createLocalJWKSet, type JWK } from 'jose';
import type { KeySet } from '../token/key-set.ts';

const CURVE = 'prime256v1';
const PRIVATE_KEY_BYTES = 32;
/** Makes each guess at a secret cost a tenth of a second: the public halves of the keys are for everybody. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 };
const derive = promisify<string, string, number, typeof SCRYPT, Buffer>(scrypt);
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

/** Where the keys come from. */
export interface SigningKeySource {
  /** The keys of this moment: the same object until they change. */
  current(): Promise<SigningKeys>;
}

/**
 * The keys derived from `http.secret` and `http.secrets`: all processes with these secrets get the same keys, so none has to
 * be stored. The key of the first secret signs. Without secrets, the process generates a key of its own.
 */
export async function signingKeysOf(secrets: readonly string[]): Promise<SigningKeys> {
  const keys = secrets.length === 0 ? [await keyOf(randomBytes(PRIVATE_KEY_BYTES))] : await keysOf(secrets);
  return signingKeysFrom(keys);
}

/**
 * The keys in this order: the first signs. A key that is there twice counts once.
 * @throws Error without any key
 */
export function signingKeysFrom(keys: readonly SigningKey[]): SigningKeys {
  const [current] = keys;
  if (current === undefined) throw new Error('there is no key');
  const distinct = [...new Map(keys.map((key) => [key.kid, key])).values()];
  const jwks = distinct.map(({ jwk }) => jwk);
  const ids = distinct.map(({ kid }) => kid);
  return { current, trusted: { roots: [], find: createLocalJWKSet({ keys: jwks }), secrets: new Map(), ids } };
}

/** The key pair of a private key of the curve P-256. */
export async function signingKeyOf(privateKey: KeyObject): Promise<SigningKey> {
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' }) as JWK;
  const publicHalf = { kty, crv, x, y } as JWK;
  const kid = await calculateJwkThumbprint(publicHalf);
  return { kid, privateKey, jwk: { ...publicHalf, kid, alg: 'ES256', use: 'sig' } };
}

/** One after the other: each takes 64 MiB for a moment. */
async function keysOf(secrets: readonly string[]): Promise<SigningKey[]> {
  const keys: SigningKey[] = [];
  for (const secret of secrets) keys.push(await keyOf(await derive(secret, PURPOSE, PRIVATE_KEY_BYTES, SCRYPT)));
  return keys;
}

function keyOf(seed: Uint8Array): Promise<SigningKey> {
  const ecdh = createECDH(CURVE);
  const d = privateKeyOf(ecdh, seed);
  const point = ecdh.getPublicKey();
  const middle = 1 + PRIVATE_KEY_BYTES;
  const [x, y] = [point.subarray(1, middle).toString('base64url'), point.subarray(middle).toString('base64url')];
  const jwk = { kty: 'EC', crv: 'P-256', x, y, d: d.toString('base64url') };
  return signingKeyOf(createPrivateKey({ key: jwk, format: 'jwk' }));
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
