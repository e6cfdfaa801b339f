import type { Digest } from '../../core/digest/digest.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import type { ObjectStore } from '../stores/object-store.ts';
import { CopyError } from './copy-error.ts';
import type { CopyEvent } from './copy-event.ts';
import type { ImagePlan } from './image-plan.ts';
import { isManifestType, readManifest } from './read-manifest.ts';

/** Referrers can have referrers: a signature may itself be signed. */
const MAX_DEPTH = 4;
/** The most referrers of one manifest in a list, including those that no longer exist. */
const MAX_LISTED = 10_000;

/** The source of referrers, and the receiver of events about missing ones. */
interface ReferrersSource {
  readonly source: ObjectStore;
  readonly emit: (event: CopyEvent) => void;
}

/**
 * Adds what refers to the manifests of a plan, and what refers to that in turn. Only a manifest that names the other
 * one as its subject refers to it, whatever a list says. Entries of a list that the source does not have are skipped
 * and reported as events; content that is not a valid manifest is skipped.
 */
export async function addReferrers(
  plan: ImagePlan,
  { source, emit }: ReferrersSource,
  context: CallContext,
): Promise<void> {
  let subjects: readonly Digest[] = [...plan.manifests.keys()];
  for (let depth = 0; depth < MAX_DEPTH && subjects.length > 0; depth += 1) {
    const before = new Set(plan.manifests.keys());
    for (const subject of subjects) await addReferrersOf(subject, { plan, source, emit }, context);
    subjects = [...plan.manifests.keys()].filter((digest) => !before.has(digest));
  }
}

async function addReferrersOf(
  subject: Digest,
  { plan, source, emit }: ReferrersSource & { readonly plan: ImagePlan },
  context: CallContext,
): Promise<void> {
  let listed = 0;
  for await (const { digest } of source.referrers(subject, context)) {
    listed += 1;
    if (listed > MAX_LISTED) {
      const message = `${source.label} lists more than ${MAX_LISTED} referrers of ${subject}`;
      throw new CopyError('manifest', message, { digest: subject });
    }
    if (plan.manifests.has(digest)) continue;
    const stored = await findManifest(source, digest, context);
    if (stored === undefined) emit({ type: 'referrer-missing', digest, subject });
    if (stored === undefined || !isManifestType(stored)) continue;
    if (readManifest(stored).subject?.digest === subject) await plan.add(stored, { isPart: false }, context);
  }
}

/** Lists outlive their entries, because registries without a referrers API do not maintain them. */
async function findManifest(
  source: ObjectStore,
  digest: Digest,
  context: CallContext,
): Promise<StoredManifest | undefined> {
  try {
    return await source.manifest({ kind: 'digest', digest }, context);
  } catch (error) {
    if (RegistryError.is(error, 'MANIFEST_UNKNOWN')) return undefined;
    throw error;
  }
}
