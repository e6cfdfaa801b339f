import type { Digest } from '../digest/digest.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import type { CallContext } from '../registry/call-context.ts';
import type { ManifestService } from '../registry/manifest-service.ts';
import type { TagStore } from '../storage/tag-store.ts';
import type { TagHistoryAdministration } from './tag-history-administration.ts';

/** What tags are restored with. */
export interface TagRestorationDependencies {
  readonly history: Pick<TagHistoryAdministration, 'at'>;
  readonly tags: Pick<TagStore, 'get'>;
  /** What is stored, below wrappers, so that nobody hears of a pull. */
  readonly stored: Pick<ManifestService, 'get'>;
  /** With all wrappers, and reporting to event sinks. */
  readonly manifests: Pick<ManifestService, 'put'>;
}

/** A tag that points to what it was. */
export interface RestoredTag {
  readonly digest: Digest;
  /** To what it pointed a moment ago; `undefined` if it did not exist. */
  readonly before: Digest | undefined;
}

/** Points tags back to what they were at a time. */
export class TagRestoration {
  readonly #dependencies: TagRestorationDependencies;

  constructor(dependencies: TagRestorationDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Points a tag to the manifest to which it pointed at a time, by the way of a push: whatever prevents a push of that
   * manifest prevents it, such as an immutable tag or a missing blob, and the move is recorded. Nothing happens if it
   * points there already. A client that moves the tag at the same time may win.
   * @throws RegistryError as {@link TagHistoryAdministration.at}; RegistryErrors as {@link ManifestService.put}
   */
  async restore(name: RepositoryName, tag: Tag, time: Date, context?: CallContext): Promise<RestoredTag> {
    const { history, tags, stored, manifests } = this.#dependencies;
    const digest = await history.at(name, tag, time);
    const before = await tags.get(name, tag);
    if (before === digest) return { digest, before };
    const { bytes, mediaType: contentType } = await stored.get(name, { kind: 'digest', digest });
    await manifests.put(name, { kind: 'tag', tag }, { bytes, contentType }, context);
    return { digest, before };
  }
}
