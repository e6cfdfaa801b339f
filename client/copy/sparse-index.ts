import { mapConcurrently } from '../../core/async/concurrency.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { ObjectStore } from '../stores/object-store.ts';
import type { ChosenImage } from './choose-platforms.ts';
import { CopyError } from './copy-error.ts';
import { isManifestType, readManifest } from './read-manifest.ts';

const READS_AT_A_TIME = 8;
/** The codes with which registries reject an index whose images they lack. */
const REFUSALS = ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_UNKNOWN', 'MANIFEST_INVALID', 'BLOB_UNKNOWN'] as const;

/** Whether the target will lack images of an index although it may require all of them. */
export async function isSparse(
  { root, wanted }: ChosenImage,
  target: ObjectStore,
  context: CallContext,
): Promise<boolean> {
  if (wanted === undefined || target.mayWantWholeIndexes !== true) return false;
  const others = readManifest(root)
    .references.map(({ descriptor }) => descriptor)
    .filter((child) => isManifestType(child) && !wanted.has(child.digest));
  for (let at = 0; at < others.length; at += READS_AT_A_TIME) {
    const batch = others.slice(at, at + READS_AT_A_TIME);
    const found = await mapConcurrently(batch, READS_AT_A_TIME, ({ digest }) => target.hasManifest(digest, context));
    if (found.includes(false)) return true;
  }
  return false;
}

/** The error of a target that rejected a sparse index; any other error unchanged. */
export function sparseIndexError(error: unknown, { root: { digest } }: ChosenImage, target: ObjectStore): unknown {
  const cause = CopyError.is(error, 'manifest') && error.digest === digest ? error.cause : undefined;
  if (!REFUSALS.some((code) => RegistryError.is(cause, code))) return error;
  return new CopyError('sparse', `${target.label} requires all images of the index ${digest}`, { digest, cause });
}
