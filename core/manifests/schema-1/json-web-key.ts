import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { isJsonObject } from '../../model/descriptor.ts';
import { algorithmFor } from './signature-algorithms.ts';
import { SignatureError } from './signature-problem.ts';

/** A public key in a signature (RFC 7517), with fields in libtrust's order. */
export type PublicJwk =
  | { readonly crv: string; readonly kid: string; readonly kty: 'EC'; readonly x: string; readonly y: string }
  | { readonly e: string; readonly kid: string; readonly kty: 'RSA'; readonly n: string };

const PRIVATE_FIELDS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** The number of bytes of the hash in a key id. */
const ID_BYTES = 30;

/**
 * The id of a key: twelve groups of four characters, the base32 of the first 30 bytes of the sha256 of its DER form
 * (libtrust, `KeyID`).
 */
export function keyId(key: KeyObject): string {
  const der = publicKeyOf(key).export({ type: 'spki', format: 'der' });
  const bytes = createHash('sha256').update(der).digest().subarray(0, ID_BYTES);
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => BASE32[Number.parseInt(five, 2)]).join('');
  return (letters.match(/.{4}/g) ?? []).join(':');
}

/** The public half of a key. */
export function publicKeyOf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key;
}

/** The public half of a key, as a signature carries it. */
export function jwkOf(key: KeyObject): PublicJwk {
  const kid = keyId(key);
  const { kty, crv = '', x = '', y = '', e = '', n = '' } = publicKeyOf(key).export({ format: 'jwk' });
  return kty === 'EC' ? { crv, kid, kty, x, y } : { e, kid, kty: 'RSA', n };
}

/**
 * Parses the key of a signature.
 * @throws SignatureError `malformed` when it is not a public signing key, or has the id of another key
 */
export function parseJwk(value: unknown): KeyObject {
  if (!isJsonObject(value)) throw new SignatureError('malformed', 'the key of a signature must be a JSON object');
  const found = PRIVATE_FIELDS.find((field) => field in value);
  if (found !== undefined)
    throw new SignatureError('malformed', `the key of a signature has the private field ${found}`);
  let key: KeyObject;
  try {
    key = createPublicKey({ key: value, format: 'jwk' });
  } catch (cause) {
    throw new SignatureError('malformed', 'the key of a signature cannot be read', { cause });
  }
  algorithmFor(key);
  if (value['kid'] !== undefined && value['kid'] !== keyId(key)) {
    throw new SignatureError('malformed', `the key of a signature has the id ${keyId(key)}, but claims another one`);
  }
  return key;
}
