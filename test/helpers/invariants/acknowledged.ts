import type { Digest } from '../../../core/digest/digest.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import { parseReference, parseRepositoryName } from '../../../core/model/reference.ts';
import { drain } from '../../../testing/driver-case.ts';
import type { CoreParts } from '../core/core-parts.ts';

/** Something that a registry has acknowledged. */
export interface Push {
  readonly kind: 'blob' | 'manifest';
  readonly repository: string;
  /** A digest, or a tag of a manifest. */
  readonly reference: string;
  readonly bytes: Uint8Array;
}

/** Fetches the content of a push; `undefined` if the registry does not know it. */
export type Fetch = (push: Push) => Promise<Uint8Array | undefined>;

/** Names every push that cannot be read back byte for byte. */
export async function lostPushes(pushes: readonly Push[], fetchPush: Fetch): Promise<string[]> {
  const lost: string[] = [];
  for (const push of pushes) {
    const found = await fetchPush(push);
    if (found !== undefined && Buffer.compare(found, push.bytes) === 0) continue;
    lost.push(`${push.kind} ${push.repository} ${push.reference}: ${found === undefined ? 'is gone' : 'has changed'}`);
  }
  return lost;
}

/** Fetches through the services, as a request would. */
export function fetchFrom({ layers, manifests }: Pick<CoreParts, 'layers' | 'manifests'>): Fetch {
  return async ({ kind, repository, reference }) => {
    const name = parseRepositoryName(repository);
    try {
      if (kind === 'manifest') return (await manifests.get(name, parseReference(reference))).bytes;
      const layer = await layers.fetch(name, reference as Digest);
      return await drain(await layer.open());
    } catch (error) {
      if (RegistryError.is(error, 'BLOB_UNKNOWN') || RegistryError.is(error, 'MANIFEST_UNKNOWN')) return undefined;
      throw error;
    }
  };
}
