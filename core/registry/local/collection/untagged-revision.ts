import type { Digest } from '../../../digest/digest.ts';
import type { StoredContent } from '../../../manifests/stored-manifest.ts';
import { SCHEMA_1_MANIFEST, SCHEMA_1_SIGNED_MANIFEST } from '../../../model/media-types.ts';

/** A manifest that nothing keeps: no tag, no index that stays, and no subject that stays. */
export interface UntaggedRevision {
  readonly digest: Digest;
  /** Its subject and the indexes that list it, of those that nothing keeps either. While one of them stays, it stays. */
  readonly after: readonly Digest[];
  /** Whether signatures may be stored beside it. */
  readonly isSigned: boolean;
}

/** What decides the order in which a manifest goes, and what goes with it. */
export interface Relatives extends Pick<UntaggedRevision, 'isSigned'> {
  readonly subject: Digest | undefined;
  readonly children: readonly Digest[];
}

export function relativesOf(content: StoredContent): Relatives {
  const { subject, children } = content;
  return {
    subject: subject?.digest,
    children: children.map(({ digest }) => digest),
    isSigned: isSchema1(content),
  };
}

/** Manifests that may go, each with those of them that go before it. */
export function inOrder(manifests: ReadonlyMap<Digest, Relatives>): UntaggedRevision[] {
  const after = new Map([...manifests.keys()].map((digest) => [digest, [] as Digest[]]));
  for (const [digest, { subject, children }] of manifests) {
    if (subject !== undefined && after.has(subject)) after.get(digest)?.push(subject);
    for (const child of children) after.get(child)?.push(digest);
  }
  return Array.from(manifests, ([digest, { isSigned }]) => ({ digest, after: after.get(digest) ?? [], isSigned }));
}

/** Whether a manifest is of the first schema, whose signatures are stored beside it. */
export function isSchema1({ mediaType }: StoredContent): boolean {
  return mediaType === SCHEMA_1_MANIFEST || mediaType === SCHEMA_1_SIGNED_MANIFEST;
}
