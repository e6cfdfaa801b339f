import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { algorithmFor } from './signature-algorithms.ts';

/** Creates a key of the kind that Docker uses; it is lost with the process. */
export function generateSigningKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/**
 * Parses a private key: a JSON Web Key, as in Docker's `key.json`, or PEM.
 * @throws TypeError when the text is neither, or the key cannot sign
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
      'must contain a private signing key (EC P-256, P-384, P-521 or RSA of 2048 to 8192 bits), as JWK or PEM';
    throw new TypeError(reason, { cause });
  }
}
