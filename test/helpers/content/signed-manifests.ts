import type { KeyObject } from 'node:crypto';
import { formatSchema1 } from '../../../core/manifests/schema-1/schema-1-manifest.ts';
import { sign } from '../../../core/manifests/schema-1/sign.ts';
import type { SignedText } from '../../../core/manifests/schema-1/signed-text.ts';
import { generateSigningKey } from '../../../core/manifests/schema-1/signing-key.ts';

/** A schema 1 manifest as Docker created it, with the top layer first. */
export interface Schema1Content {
  readonly name: string;
  readonly tag: string;
  readonly layers: readonly string[];
}

/** The bytes that are signed. */
export function schema1Payload({ name, tag, layers }: Schema1Content): Buffer {
  return formatSchema1({
    ...{ schemaVersion: 1, name, tag, architecture: 'amd64' },
    fsLayers: layers.map((blobSum) => ({ blobSum })),
    history: layers.map((_, index) => ({ v1Compatibility: JSON.stringify({ id: String(index), note: '<&>' }) })),
  });
}

/** The manifest with the signature of a key. Default: a new key. */
export function signedManifest(content: Schema1Content, key: KeyObject = generateSigningKey()): SignedText {
  return sign(schema1Payload(content), key);
}
