import type { KeyObject } from 'node:crypto';
import { SignatureError } from './signature-problem.ts';

/** A signature algorithm (RFC 7518, section 3.1). */
export interface SignatureAlgorithm {
  readonly name: string;
  readonly hash: string;
  /** The curve of its keys; absent for RSA. */
  readonly curve?: string;
}

/** The algorithms of libtrust. A curve has one algorithm; an RSA key works with every RSA algorithm. */
const ALGORITHMS: readonly SignatureAlgorithm[] = [
  { name: 'ES256', hash: 'sha256', curve: 'prime256v1' },
  { name: 'ES384', hash: 'sha384', curve: 'secp384r1' },
  { name: 'ES512', hash: 'sha512', curve: 'secp521r1' },
  { name: 'RS256', hash: 'sha256' },
  { name: 'RS384', hash: 'sha384' },
  { name: 'RS512', hash: 'sha512' },
];

/** Shorter keys can be broken, and longer ones take seconds to verify. */
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;

/**
 * The algorithm of a signature.
 * @param name the name in the signature; default: the algorithm that is usual for the key
 * @throws SignatureError `malformed` when the key cannot be used with the algorithm, or with any
 */
export function algorithmFor(key: KeyObject, name?: unknown): SignatureAlgorithm {
  const { namedCurve: curve, modulusLength: bits = 0 } = key.asymmetricKeyDetails ?? {};
  const isRsa = key.asymmetricKeyType === 'rsa';
  if (isRsa && (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS)) {
    throw new SignatureError('malformed', `an RSA key must have ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits, not ${bits}`);
  }
  const possible = ALGORITHMS.filter((each) =>
    isRsa ? each.curve === undefined : each.curve === curve && curve !== undefined,
  );
  const found = name === undefined ? possible[0] : possible.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = possible.map((each) => each.name).join(', ') || 'none';
  throw new SignatureError('malformed', `the algorithm of the signature must be one that its key supports: ${names}`);
}
