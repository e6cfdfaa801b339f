import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from './descriptor.ts';

/** The fields of a manifest that describe itself and its subject. */
interface Statement {
  readonly mediaType: string;
  readonly subject: Descriptor | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/** A manifest that refers to another one, its subject. The subject need not exist. */
export interface Referrer {
  readonly subject: Digest;
  /** The descriptor in a list of referrers, with the artifact type and the manifest's own annotations. */
  readonly descriptor: Descriptor;
}

/**
 * The referrer that a manifest is; `undefined` when it has no subject (distribution-spec, "Listing Referrers").
 * @param stored its digest and its size in bytes
 */
export function referrerOf(
  { mediaType, subject, artifactType, annotations }: Statement,
  stored: { readonly digest: Digest; readonly size: number },
): Referrer | undefined {
  if (subject === undefined) return undefined;
  const descriptor = {
    mediaType,
    digest: stored.digest,
    size: stored.size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { subject: subject.digest, descriptor };
}
