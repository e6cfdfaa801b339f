import type { Digest } from '../digest/digest.ts';
import type { Descriptor } from '../model/descriptor.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { CallContext } from './call-context.ts';

/** Which referrers are wanted. */
export interface ReferrersRequest {
  /** At most so many, at least 0; may be Infinity. */
  readonly limit: number;
  /** Only referrers whose digest is greater than this text. */
  readonly after: string | undefined;
  /** Only those with one of these artifact types; an empty list asks for all. */
  readonly artifactTypes: readonly string[];
}

/** A part of the referrers of a manifest, in byte order of their digests. */
export interface ReferrersPage {
  readonly items: readonly Descriptor[];
  /** The digest after which the list continues, never the one after which this page begins; `undefined` at its end. */
  readonly next: Digest | undefined;
}

/** Which manifests refer to which, by the field `subject`. */
export interface ReferrerService {
  /**
   * The manifests of the repository whose subject is `subject`. Neither it nor the repository need exist. A page may end
   * early, with `next`, also before `limit` is reached.
   */
  list(name: RepositoryName, subject: Digest, request: ReferrersRequest, context?: CallContext): Promise<ReferrersPage>;
}
