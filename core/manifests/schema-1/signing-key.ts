import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { algorithmFor } from './signature-algorithms.ts';

/** A new key of the kind that docker makes; it is gone with the process. */
export function generateSigningKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/**
 * Reads a private key from the text of a file: a JSON Web Key as docker's `key.json`, or PEM.
 * @throws TypeError when it is neither, or cannot sign
 */
export function readSigningKey(text: string): KeyObject {
  try {
    const isJson = text.trimStart().startsWith('{');
    const key = isJson
      ? createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' })
      : createPrivateKey(text);
    algorithmFor(key);
    return key;
  } catch (cause) {
    const reason =
      'must hold a private key that signs (EC P-256, P-384, P-521 or RSA of 2048 to 8192 bits), as JWK or PEM';
    throw new TypeError(reason, { cause });
  }
}
