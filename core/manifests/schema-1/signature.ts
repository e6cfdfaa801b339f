import { type KeyObject, verify, X509Certificate } from 'node:crypto';
import { isJsonObject } from '../../model/descriptor.ts';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';
import { keyId, parseJwk } from './json-web-key.ts';
import { algorithmFor, type SignatureAlgorithm } from './signature-algorithms.ts';
import { SignatureError } from './signature-problem.ts';

/** The end of the signed part of a text: its first bytes, followed by the tail. */
export interface TextEnd {
  readonly length: number;
  readonly tail: Buffer;
}

/** The JSON form of a signature. */
export interface SignatureDocument {
  readonly header: Readonly<Record<string, unknown>>;
  readonly signature: string;
  readonly protected: string;
}

/** The most certificates in a signature. A chain of Docker has at most a handful. */
const MAX_CHAIN = 16;

/**
 * One signature of a text, with the key or the certificates that it carries. It may be invalid until it is verified.
 */
export class Signature {
  readonly document: SignatureDocument;
  readonly key: KeyObject;
  readonly keyId: string;
  /** The certificate of the key, then those of its issuers; empty when the signature carries a bare key. */
  readonly chain: readonly X509Certificate[];
  readonly end: TextEnd;
  readonly #algorithm: SignatureAlgorithm;

  /** @throws SignatureError `malformed` */
  constructor(document: SignatureDocument) {
    const { alg, jwk, x5c } = document.header;
    this.document = document;
    this.chain = x5c === undefined ? [] : parseChain(x5c);
    this.key = this.chain[0]?.publicKey ?? parseJwk(jwk);
    this.#algorithm = algorithmFor(this.key, alg ?? '');
    this.keyId = keyId(this.key);
    this.end = parseProtected(document.protected);
  }

  /** The bytes of the signature, in base64url. */
  get signature(): string {
    return this.document.signature;
  }

  /** Whether this signature matches the payload and its key. */
  holds(payload: Uint8Array): boolean {
    const { hash } = this.#algorithm;
    const signed = Buffer.from(signedInput(this.document.protected, payload));
    const bytes = decodeBase64Url(this.document.signature, 'a signature');
    return verify(hash, signed, { key: this.key, dsaEncoding: 'ieee-p1363' }, bytes);
  }

  /** The signature as compact JSON, as registries store it. */
  toString(): string {
    return JSON.stringify(this.document);
  }
}

/** The signed bytes: the protected header and the payload (RFC 7515, section 5.1). */
export function signedInput(protectedHeader: string, payload: Uint8Array): string {
  return `${protectedHeader}.${encodeBase64Url(payload)}`;
}

/**
 * Parses a signature. Unknown fields are dropped.
 * @throws SignatureError `malformed`
 */
export function parseSignature(value: unknown): Signature {
  if (!isJsonObject(value) || !isJsonObject(value['header'])) {
    throw new SignatureError('malformed', 'a signature must be a JSON object with a header');
  }
  const { header, signature, protected: end } = value;
  if (typeof signature !== 'string' || typeof end !== 'string') {
    throw new SignatureError('malformed', 'a signature must have the strings "signature" and "protected"');
  }
  const { jwk, alg, x5c } = header;
  const kept = Object.entries({ jwk, alg, x5c }).filter(([, field]) => field !== undefined);
  return new Signature({ header: Object.fromEntries(kept), signature, protected: end });
}

function parseChain(value: unknown): X509Certificate[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_CHAIN) {
    throw new SignatureError('malformed', `x5c must be a list of 1 to ${MAX_CHAIN} certificates`);
  }
  return value.map((each: unknown) => {
    try {
      const certificate = new X509Certificate(Buffer.from(String(each), 'base64'));
      // The getter parses the key, and throws if the key cannot be read.
      void certificate.publicKey;
      return certificate;
    } catch (cause) {
      throw new SignatureError('malformed', 'a certificate in x5c cannot be read', { cause });
    }
  });
}

function parseProtected(text: string): TextEnd {
  const bytes = decodeBase64Url(text, 'the protected header of a signature');
  let header: unknown;
  try {
    header = JSON.parse(bytes.toString());
  } catch (cause) {
    throw new SignatureError('malformed', 'the protected header of a signature is not JSON', { cause });
  }
  const { formatLength: length, formatTail: tail } = isJsonObject(header) ? header : {};
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) {
    throw new SignatureError('malformed', 'the formatLength of a signature must be an integer of at least 0');
  }
  return { length, tail: decodeBase64Url(tail, 'the formatTail of a signature') };
}
