import { SignatureError } from './signature-problem.ts';

const ALPHABET = /^[A-Za-z0-9_-]*$/;

/** Encodes bytes as base64url without padding (RFC 7515, section 2). */
export function encodeBase64Url(bytes: Uint8Array | string): string {
  return Buffer.from(bytes as Uint8Array).toString('base64url');
}

/**
 * Decodes base64url. Line breaks and spaces are ignored, as in libtrust.
 * @throws SignatureError `malformed`
 */
export function decodeBase64Url(value: unknown, what: string): Buffer {
  const text = typeof value === 'string' ? value.replaceAll(/[\n ]/g, '') : undefined;
  if (text === undefined || !ALPHABET.test(text) || text.length % 4 === 1) {
    throw new SignatureError('malformed', `${what} is not base64url`);
  }
  return Buffer.from(text, 'base64url');
}
