import { mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import { readStoredManifest } from '../../manifests/stored-manifest.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { fallbackTag, type RepositoryName } from '../../model/reference.ts';
import { ReferrerStore } from '../../storage/referrer-store.ts';
import { TagStore } from '../../storage/tag-store.ts';
import type { CallContext } from '../call-context.ts';
import type { ReferrerService, ReferrersPage, ReferrersRequest } from '../referrer-service.ts';
import { deriveReferrer } from './derive-referrer.ts';
import { inGrowingGroups, mergeSorted } from './iterables.ts';
import { ManifestReader } from './manifest-reader.ts';
import { ReferrerRevisions } from './referrer-revisions.ts';
import { MAX_LOOKED_AT, ReferrersInProgress } from './referrers-page.ts';

/** A descriptor may be as large as a manifest. */
const CONCURRENCY = 16;

/** The referrers in a storage: those with an entry, and those in the index that clients keep under the fallback tag. */
@injectable()
export class LocalReferrerService implements ReferrerService {
  readonly #referrers: ReferrerStore;
  readonly #revisions: ReferrerRevisions;
  readonly #tags: TagStore;
  readonly #manifests: ManifestReader;

  constructor(
    @inject(ReferrerStore) referrers: ReferrerStore,
    @inject(ReferrerRevisions) revisions: ReferrerRevisions,
    @inject(TagStore) tags: TagStore,
    @inject(ManifestReader) manifests: ManifestReader,
  ) {
    this.#referrers = referrers;
    this.#revisions = revisions;
    this.#tags = tags;
    this.#manifests = manifests;
  }

  /**
   * The manifests of the repository whose subject is `subject`; neither the subject nor the repository needs to exist.
   * The list includes those in the index that clients keep under the fallback tag. A page ends early, with `next`,
   * before it becomes larger than clients accept, and after a thousand referrers. Costs one driver call to list the
   * entries, one for the fallback tag, and one or two for each referrer that it looks at, fewer for those in memory, no
   * matter what else the repository holds.
   */
  async list(
    name: RepositoryName,
    subject: Digest,
    request: ReferrersRequest,
    context?: CallContext,
  ): Promise<ReferrersPage> {
    const { limit, after } = request;
    if (limit === 0) return { items: [], next: undefined };
    const page = new ReferrersInProgress(request);
    const fallback = await this.#fallback(name, subject, after);
    const digests = mergeSorted(this.#referrers.list(name, subject, after), fallback);
    // One more than the page takes shows that there is a next page.
    const sizes = { first: limit + 1, most: MAX_LOOKED_AT + 1 };
    for await (const group of inGrowingGroups(digests, sizes)) {
      context?.signal?.throwIfAborted();
      const present = await this.#revisions.present(name, group, context?.signal);
      for (let start = 0; start < group.length; start += CONCURRENCY) {
        const some = group.slice(start, start + CONCURRENCY);
        const found = await this.#describe(name, subject, some, present.slice(start, start + CONCURRENCY));
        for (const [index, digest] of some.entries()) {
          if (!page.offer(digest, found[index])) return page;
        }
      }
    }
    return { items: page.items, next: undefined };
  }

  /** The descriptors of some referrers; `undefined` for one that is not present, or whose subject is another one. */
  #describe(
    name: RepositoryName,
    subject: Digest,
    digests: readonly Digest[],
    present: readonly boolean[],
  ): (Descriptor | undefined)[] | Promise<(Descriptor | undefined)[]> {
    const known = digests.map((digest, index) => (present[index] ? this.#referrers.known(subject, digest) : undefined));
    if (known.every((descriptor, index) => descriptor !== undefined || !present[index])) return known;
    return mapConcurrently(digests, CONCURRENCY, async (digest, index) => {
      if (!present[index]) return undefined;
      return known[index] ?? (await this.#read(name, subject, digest));
    });
  }

  async #read(name: RepositoryName, subject: Digest, digest: Digest): Promise<Descriptor | undefined> {
    const entry = await this.#referrers.read(name, subject, digest);
    if (entry !== undefined) return entry;
    const referrer = await deriveReferrer(this.#manifests, digest);
    return referrer !== 'damaged' && referrer?.subject === subject ? referrer.descriptor : undefined;
  }

  /** The digests after `after` in the index under the fallback tag, in byte order. */
  async #fallback(name: RepositoryName, subject: Digest, after: string | undefined): Promise<Digest[]> {
    const digest = await this.#tags.get(name, fallbackTag(subject));
    if (digest === undefined || !(await this.#manifests.has(name, digest))) return [];
    const bytes = await this.#manifests.read(digest);
    if (bytes === undefined || bytes === 'damaged') return [];
    const digests = new Set(readStoredManifest(bytes).children.map((child) => child.digest));
    return [...digests].filter((child) => after === undefined || child > after).sort();
  }
}
