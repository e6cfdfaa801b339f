import type { Digest } from '../../digest/digest.ts';
import type { Tag } from '../../model/reference.ts';
import type { Referrer } from '../../model/referrer.ts';
import type { LookupMoment } from '../../storage/collection/lookup-moment.ts';
import type { StoredManifest } from '../manifest-service.ts';
import type { SignaturesBeside } from './signatures-beside.ts';

/** A manifest that may be stored, and the tags that are to point at it. */
export interface VerifiedManifest extends StoredManifest {
  /** When its references were looked up. */
  readonly verifiedAt: LookupMoment;
  /** Looks its references up again. @throws RegistryErrors when one is missing by now */
  readonly verifyAgain: () => Promise<unknown>;
  readonly referrer?: Referrer | undefined;
  readonly signatures?: SignaturesBeside | undefined;
  readonly tags: readonly Tag[];
  /** Whether a tag may point to the manifest that points to `before` now. Default: yes. It costs a driver call. */
  readonly mayMove?: ((tag: Tag, before: Digest | undefined) => boolean) | undefined;
}
