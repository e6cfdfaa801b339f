import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from './descriptor.ts';

/** What a manifest says of itself and of what it is about. */
interface Statement {
  readonly mediaType: string;
  readonly subject: Descriptor | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/** A manifest that is about another one, its subject, which need not exist. */
export interface Referrer {
  readonly subject: Digest;
  /** What a list of referrers says of the manifest: with its artifact type and its own annotations. */
  readonly descriptor: Descriptor;
}

/**
 * What makes a manifest a referrer; `undefined` when it has no subject (distribution-spec, "Listing Referrers").
 * @param stored its digest and its length in bytes
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
