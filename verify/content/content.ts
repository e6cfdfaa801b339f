import { createHash, randomBytes } from 'node:crypto';

/** Bytes with their digest. */
export interface Content {
  readonly bytes: Buffer;
  readonly digest: string;
}

/** The descriptor of content in a manifest. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

/** The digest of bytes. */
export function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function contentOf(bytes: Uint8Array): Content {
  return { bytes: Buffer.from(bytes), digest: digestOf(bytes) };
}

/** Bytes that no registry has. */
export function randomContent(size: number): Content {
  return contentOf(randomBytes(size));
}

/** The digest of content that no registry has. */
export function unknownDigest(): string {
  return digestOf(randomBytes(32));
}

/** A unique tag: `<start>-<random>`. */
export function randomTag(start = 't'): string {
  return `${start}-${randomBytes(6).toString('hex')}`;
}

export function describe({ bytes, digest }: Content, mediaType: string): Descriptor {
  return { mediaType, digest, size: bytes.byteLength };
}
