import type { Digest } from '../../core/digest/digest.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { ManifestService, StoredManifest } from '../../core/registry/manifest-service.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { FallbackReferrers } from './fallback-referrers.ts';

/** A manifest of a repository. */
export interface RemovedManifest {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

/**
 * Removes a manifest with every tag that points at it. If clients maintain a list of referrers by tag, because the
 * registry has no referrers API, the manifest is then removed from the list of its subject (distribution-spec,
 * "Deleting Manifests").
 * @throws RegistryError `MANIFEST_UNKNOWN`; an error about the list occurs after the manifest is gone
 */
export async function removeManifest(
  { manifests }: Pick<Registry, 'manifests'>,
  { name, digest }: RemovedManifest,
  context: CallContext = {},
): Promise<void> {
  const stored = await readable(manifests, { name, digest }, context);
  await manifests.delete(name, { kind: 'digest', digest }, context);
  if (stored !== undefined) await new FallbackReferrers(manifests).remove(name, stored, context);
}

/** An unreadable manifest can be removed; its subject is unknown. */
async function readable(
  manifests: ManifestService,
  { name, digest }: RemovedManifest,
  context: CallContext,
): Promise<StoredManifest | undefined> {
  try {
    return await manifests.get(name, { kind: 'digest', digest }, {}, context);
  } catch (error) {
    if (RegistryError.is(error)) return undefined;
    throw error;
  }
}
