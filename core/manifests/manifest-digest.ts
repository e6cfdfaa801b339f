import { type Digest, digestOf } from '../digest/digest.ts';
import { SCHEMA_1_SIGNED_MANIFEST } from '../model/media-types.ts';
import { SignatureError } from './schema-1/signature-problem.ts';
import { SignedText } from './schema-1/signed-text.ts';

/**
 * The digest of a manifest: that of its bytes or, for schema 1, of the signed part.
 * @param mediaType the type that its registry gives it
 */
export function manifestDigest(bytes: Uint8Array, mediaType: string | undefined, algorithm?: string): Digest {
  return digestOf(mediaType === SCHEMA_1_SIGNED_MANIFEST ? signedPart(bytes) : bytes, algorithm);
}

function signedPart(bytes: Uint8Array): Uint8Array {
  try {
    return SignedText.parse(bytes).payload;
  } catch (error) {
    if (error instanceof SignatureError) return bytes;
    throw error;
  }
}
