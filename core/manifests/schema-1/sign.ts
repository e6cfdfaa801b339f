import { type KeyObject, sign as signBytes, type X509Certificate } from 'node:crypto';
import { encodeBase64Url } from './base64url.ts';
import { jwkOf, publicKeyOf } from './json-web-key.ts';
import { parseSignature, signedInput, type TextEnd } from './signature.ts';
import { algorithmFor } from './signature-algorithms.ts';
import { SignatureError } from './signature-problem.ts';
import { SignedText } from './signed-text.ts';

/** How a text is signed. */
export interface SignOptions {
  /** The name of the algorithm. Default: ES256, ES384 or ES512 by the curve of the key, and RS256 for RSA. */
  readonly algorithm?: string;
  /** The time in the signature. Default: now. */
  readonly time?: Date;
}

/**
 * Signs a JSON document with a private key, whose public half the signature carries.
 * @param payload a JSON object as text, whose bytes are signed as they are
 * @throws SignatureError `malformed` when the payload or the key cannot be used
 */
export function sign(payload: Uint8Array, key: KeyObject, options: SignOptions = {}): SignedText {
  return signWith(payload, key, { header: { jwk: jwkOf(key) }, options });
}

/**
 * Signs a JSON document with a private key that has a certificate; the signature carries the certificates instead of
 * the key.
 * @param chain the certificate of the key first, then that of its issuer, and so on
 * @throws SignatureError `malformed` also when the first certificate belongs to another key
 */
export function signWithChain(
  payload: Uint8Array,
  key: KeyObject,
  { chain, ...options }: SignOptions & { readonly chain: readonly X509Certificate[] },
): SignedText {
  if (chain[0]?.publicKey.equals(publicKeyOf(key)) !== true) {
    throw new SignatureError('malformed', 'the first certificate of the chain must be that of the signing key');
  }
  const x5c = chain.map(({ raw }) => raw.toString('base64'));
  return signWith(payload, key, { header: { x5c }, options });
}

function signWith(
  payload: Uint8Array,
  key: KeyObject,
  { header, options }: { readonly header: object; readonly options: SignOptions },
): SignedText {
  const bytes = Buffer.from(payload);
  const { name: alg, hash } = algorithmFor(key, options.algorithm);
  const { length, tail } = endOfObject(bytes);
  const time = (options.time ?? new Date()).toISOString().replace(/\.\d+Z$/, 'Z');
  const end = encodeBase64Url(JSON.stringify({ formatLength: length, formatTail: encodeBase64Url(tail), time }));
  const signature = signBytes(hash, Buffer.from(signedInput(end, bytes)), { key, dsaEncoding: 'ieee-p1363' });
  const document = { header: { ...header, alg }, signature: encodeBase64Url(signature), protected: end };
  return new SignedText(bytes, [parseSignature(document)]);
}

/** The end of the last member of a JSON object, and what follows it: whitespace and the closing brace. */
function endOfObject(bytes: Buffer): TextEnd {
  const text = bytes.toString('latin1');
  const close = text.trimEnd().length - 1;
  const length = text.slice(0, Math.max(close, 0)).trimEnd().length;
  const last = text[length - 1];
  if (text[close] !== '}' || last === undefined || last === ',' || last === '{') {
    throw new SignatureError('malformed', 'the signed text must be a JSON object with at least one member');
  }
  return { length, tail: bytes.subarray(length) };
}
