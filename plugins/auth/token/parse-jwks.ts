import { createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { isJsonObject } from '../../../core/model/descriptor.ts';

/** The keys of a JSON Web Key Set (RFC 7517, section 5) that can check signatures. */
export interface ParsedJwks {
  /** Each has a `kid`: its own, or otherwise its thumbprint (RFC 7638). */
  readonly publicKeys: readonly JWK[];
  /** Shared secrets by `kid`, for the algorithms HS256 to HS512. */
  readonly secrets: ReadonlyMap<string, Uint8Array>;
}

const PRIVATE_FIELDS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];
/** The bytes of a secret: at least the length of the shortest hash (RFC 7518, section 3.2). */
const MIN_SECRET_BYTES = 32;

/**
 * Parses a JSON Web Key Set. Keys for encryption are skipped.
 * @throws Error that says which key is wrong, and never quotes a key
 */
export async function parseJwks(text: string): Promise<ParsedJwks> {
  const keys = keysOf(text);
  const publicKeys: JWK[] = [];
  const secrets = new Map<string, Uint8Array>();
  for (const [index, key] of keys.entries()) {
    const place = `key ${index + 1} of ${keys.length}`;
    if (!isJsonObject(key)) throw new Error(`${place} is not an object`);
    if (key['use'] === 'enc') continue;
    if (key['kty'] === 'oct') {
      const { kid, secret } = readSecret(key, place);
      secrets.set(kid, secret);
      continue;
    }
    publicKeys.push(await readPublicKey(key, place));
  }
  if (publicKeys.length + secrets.size === 0) throw new Error('it holds no key that can check a signature');
  return { publicKeys, secrets };
}

function keysOf(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The message of the parser would quote the text.
    throw new Error('it is not JSON; it must be a JSON Web Key Set: {"keys": [...]}');
  }
  const keys = isJsonObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(keys)) throw new Error('it must be a JSON Web Key Set: {"keys": [...]}');
  return keys as readonly unknown[];
}

async function readPublicKey(key: Readonly<Record<string, unknown>>, place: string): Promise<JWK> {
  const field = PRIVATE_FIELDS.find((name) => name in key);
  if (field !== undefined) {
    throw new Error(`${place} is a private key (it has the field "${field}"); only its public half belongs here`);
  }
  try {
    createPublicKey({ key, format: 'jwk' });
  } catch {
    throw new Error(`${place} is not a public key of a known kind (kty RSA, EC or OKP)`);
  }
  const { kid } = key;
  if (kid !== undefined && typeof kid !== 'string') throw new Error(`${place} has a kid that is not a string`);
  return { ...key, kid: kid ?? (await calculateJwkThumbprint(key)) };
}

function readSecret({ kid, k }: Readonly<Record<string, unknown>>, place: string): { kid: string; secret: Uint8Array } {
  if (typeof kid !== 'string') throw new Error(`${place} is a shared secret without a kid`);
  const secret = Buffer.from(typeof k === 'string' ? k : '', 'base64url');
  if (secret.byteLength < MIN_SECRET_BYTES) {
    throw new Error(
      `${place} is a shared secret of ${secret.byteLength} bytes; at least ${MIN_SECRET_BYTES} are needed`,
    );
  }
  return { kid, secret };
}
