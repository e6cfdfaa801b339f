import { inject, injectable } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import type { RepositoryName } from '../../model/reference.ts';
import { ReferrerStore } from '../../storage/referrer-store.ts';
import type { CallContext } from '../call-context.ts';
import type { ReferrerService, ReferrersPage, ReferrersRequest } from '../referrer-service.ts';
import { FallbackIndex } from './fallback-index.ts';
import { inGrowingGroups, mergeSorted } from './iterables.ts';
import { ReferrerDescriptions } from './referrer-descriptions.ts';
import { ReferrerRevisions } from './referrer-revisions.ts';
import { MAX_LOOKED_AT, ReferrersInProgress } from './referrers-page.ts';

/**
 * The referrers in a storage: those with an entry, and those in the index that clients maintain under the fallback tag.
 */
@injectable()
export class LocalReferrerService implements ReferrerService {
  readonly #referrers: ReferrerStore;
  readonly #fallback: FallbackIndex;
  readonly #revisions: ReferrerRevisions;
  readonly #descriptions: ReferrerDescriptions;

  constructor(
    @inject(ReferrerStore) referrers: ReferrerStore,
    @inject(FallbackIndex) fallback: FallbackIndex,
    @inject(ReferrerRevisions) revisions: ReferrerRevisions,
    @inject(ReferrerDescriptions) descriptions: ReferrerDescriptions,
  ) {
    this.#referrers = referrers;
    this.#fallback = fallback;
    this.#revisions = revisions;
    this.#descriptions = descriptions;
  }

  /**
   * The manifests of the repository whose subject is `subject`; neither the subject nor the repository needs to exist.
   * The list includes those in the index that clients maintain under the fallback tag. A page ends early, with `next`,
   * before it becomes larger than clients accept, and after a thousand referrers. Costs two or three driver calls, and
   * one or two for each referrer that it checks, fewer for those in memory and in a remote storage, no matter what else
   * the repository holds.
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
    const fallback = await this.#fallback.digests(name, subject, after);
    const digests = mergeSorted(this.#referrers.list(name, subject, after), fallback);
    // One more than the page holds shows that there is a next page.
    const sizes = { first: limit + 1, most: MAX_LOOKED_AT + 1 };
    for await (const group of inGrowingGroups(digests, sizes)) {
      context?.signal?.throwIfAborted();
      const present = await this.#revisions.present(name, group, context?.signal);
      if (!(await this.#offer(page, { name, subject, group, present }))) return page;
    }
    return { items: page.items, next: undefined };
  }

  /** Offers a whole group to the page, marking those that are not present as absent; `false` when the page is full. */
  async #offer(page: ReferrersInProgress, { name, subject, group, present }: Candidates): Promise<boolean> {
    let next = 0;
    const offerAbsent = (): boolean => {
      for (; next < group.length && present[next] !== true; next += 1) {
        if (!page.offer(group[next] as Digest, undefined)) return false;
      }
      return true;
    };
    const there = group.filter((_digest, index) => present[index]);
    for await (const found of this.#descriptions.inOrder(name, subject, there)) {
      for (const descriptor of found) {
        if (!offerAbsent() || !page.offer(group[next] as Digest, descriptor)) return false;
        next += 1;
      }
    }
    return offerAbsent();
  }
}

/** Digests of possible referrers. */
interface Candidates {
  readonly name: RepositoryName;
  readonly subject: Digest;
  readonly group: readonly Digest[];
  /** Whether the repository has each. */
  readonly present: readonly boolean[];
}
