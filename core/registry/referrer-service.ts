import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { CallContext } from './call-context.ts';

/** The requested referrers. */
export interface ReferrersRequest {
  /** The maximum number of referrers, at least 0; may be Infinity. */
  readonly limit: number;
  /** Only referrers whose digest is greater than this text. */
  readonly after: string | undefined;
  /** Only referrers with one of these artifact types; an empty list means all. */
  readonly artifactTypes: readonly string[];
}

/** A part of the referrers of a manifest, in byte order of their digests. */
export interface ReferrersPage {
  readonly items: readonly Descriptor[];
  /** The digest after which the list continues, never the start of this page; `undefined` at the end of the list. */
  readonly next: Digest | undefined;
}

/** Finds the manifests that refer to a manifest by their field `subject`. */
export interface ReferrerService {
  /**
   * The manifests of the repository whose subject is `subject`. Neither the subject nor the repository needs to exist.
   * A page may end early, with `next`, even before `limit` is reached.
   */
  list(name: RepositoryName, subject: Digest, request: ReferrersRequest, context?: CallContext): Promise<ReferrersPage>;
}
