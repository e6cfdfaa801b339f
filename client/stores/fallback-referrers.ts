import { KeyedMutex } from '../../core/async/concurrency.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { readStoredManifest } from '../../core/manifests/stored-manifest.ts';
import { isJsonObject } from '../../core/model/descriptor.ts';
import { RegistryError } from '../../core/model/errors.ts';
import { OCI_IMAGE_INDEX } from '../../core/model/media-types.ts';
import { fallbackTag, formatReference, type RepositoryName } from '../../core/model/reference.ts';
import { referrerOf } from '../../core/model/referrer.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { ManifestService } from '../../core/registry/manifest-service.ts';
import { StoreError } from './store-error.ts';

/**
 * The index under a tag by which clients find referrers in a registry without an API for them (distribution-spec, "Pushing
 * Manifests with Subject"). Calls for one subject run one after the other; another client may still overwrite an entry.
 */
export class FallbackReferrers {
  readonly #manifests: ManifestService;
  readonly #updating = new KeyedMutex();

  constructor(manifests: ManifestService) {
    this.#manifests = manifests;
  }

  /**
   * Lists a manifest as a referrer of its subject; nothing happens when it has none, or is listed already.
   * @throws StoreError `unsupported` when the tag names something else, which is then left alone
   */
  async add(
    name: RepositoryName,
    { digest, bytes }: { readonly digest: Digest; readonly bytes: Buffer },
    context?: CallContext,
  ): Promise<void> {
    const referrer = referrerOf(readStoredManifest(bytes), { digest, size: bytes.byteLength });
    if (referrer === undefined) return;
    const { subject, descriptor } = referrer;
    const reference = { kind: 'tag', tag: fallbackTag(subject) } as const;
    await this.#updating.run(
      `${name}@${subject}`,
      async () => {
        const listed = await this.#listed(name, reference, context);
        if (listed.some((entry) => isJsonObject(entry) && entry['digest'] === digest)) return;
        const index = { schemaVersion: 2, mediaType: OCI_IMAGE_INDEX, manifests: [...listed, descriptor] };
        const text = Buffer.from(JSON.stringify(index));
        await this.#manifests.put(name, reference, { bytes: text, contentType: OCI_IMAGE_INDEX }, context);
      },
      context?.signal,
    );
  }

  async #listed(
    name: RepositoryName,
    reference: Parameters<ManifestService['get']>[1],
    context: CallContext | undefined,
  ): Promise<readonly unknown[]> {
    let index: unknown;
    try {
      index = JSON.parse((await this.#manifests.get(name, reference, {}, context)).bytes.toString());
    } catch (error) {
      if (RegistryError.is(error, 'MANIFEST_UNKNOWN')) return [];
      if (!(error instanceof SyntaxError)) throw error;
    }
    const manifests = isJsonObject(index) ? index['manifests'] : undefined;
    if (Array.isArray(manifests)) return manifests as unknown[];
    throw new StoreError('unsupported', `${name}:${formatReference(reference)} is no index of referrers`, {
      hint: 'remove this tag; the registry has no other place for them',
    });
  }
}
