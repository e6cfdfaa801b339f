import { mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import { readStoredManifest } from '../../manifests/stored-manifest.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { fallbackTag, type RepositoryName } from '../../model/reference.ts';
import { type Referrer, referrerOf } from '../../model/referrer.ts';
import { ReferrerStore } from '../../storage/referrer-store.ts';
import { RevisionStore } from '../../storage/revision-store.ts';
import { TagStore } from '../../storage/tag-store.ts';
import type { CallContext } from '../call-context.ts';
import type { ReferrerService, ReferrersPage, ReferrersRequest } from '../referrer-service.ts';
import { inBatches, mergeSorted } from './iterables.ts';
import { ManifestReader } from './manifest-reader.ts';
import { ReferrersInProgress } from './referrers-page.ts';

/** A descriptor may be as large as a manifest. */
const CONCURRENCY = 16;

/** How the entries of a repository are rebuilt. */
export interface RebuildOptions {
  /** Default `false`: whether it only counts the entries. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called every few manifests. */
  readonly onStep?: (() => void) | undefined;
}

/** The result of rebuilding the entries of a repository. */
export interface RebuiltReferrers {
  /** How many referrers have an entry now. */
  readonly entries: number;
  /** How many manifests do not match their digest, so that their subject is unknown. */
  readonly unreadable: number;
}

/** The referrers in a storage: those with an entry, and those in the index that clients keep under the fallback tag. */
@injectable()
export class LocalReferrerService implements ReferrerService {
  readonly #referrers: ReferrerStore;
  readonly #revisions: RevisionStore;
  readonly #tags: TagStore;
  readonly #manifests: ManifestReader;

  constructor(
    @inject(ReferrerStore) referrers: ReferrerStore,
    @inject(RevisionStore) revisions: RevisionStore,
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
   * before it becomes larger than clients accept, and after a thousand referrers. Costs two driver calls for each
   * referrer that it looks at, fewer for those in memory, no matter what else the repository holds.
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
    for await (const batch of inBatches(digests, Math.min(limit + 1, CONCURRENCY))) {
      context?.signal?.throwIfAborted();
      const found = await mapConcurrently(batch, CONCURRENCY, (digest) => this.#describe(name, subject, digest));
      for (const [index, digest] of batch.entries()) {
        if (!page.offer(digest, found[index])) return page;
      }
    }
    return { items: page.items, next: undefined };
  }

  /**
   * Writes the entries of all manifests of the repository that have a subject, for example those that another program
   * stored. Reads every manifest of the repository, which may be changed meanwhile.
   * @throws the reason of the signal, a few manifests after it aborts; the entries written until then stay
   */
  async rebuild(name: RepositoryName, options: RebuildOptions = {}): Promise<RebuiltReferrers> {
    const { dryRun = false, signal, onStep } = options;
    let entries = 0;
    let unreadable = 0;
    for await (const batch of inBatches(this.#revisions.list(name), CONCURRENCY)) {
      onStep?.();
      signal?.throwIfAborted();
      await mapConcurrently(batch, CONCURRENCY, async (digest) => {
        const referrer = await this.#derive(digest);
        if (referrer === 'damaged') unreadable += 1;
        if (referrer === undefined || referrer === 'damaged') return;
        if (!dryRun) await this.#referrers.put(name, referrer);
        entries += 1;
      });
    }
    return { entries, unreadable };
  }

  /** The descriptor of a referrer; `undefined` when the repository lacks it, or its subject is another one. */
  async #describe(name: RepositoryName, subject: Digest, digest: Digest): Promise<Descriptor | undefined> {
    // Another program, which does not know the entries, may have deleted the manifest.
    if (!(await this.#manifests.has(name, digest))) return undefined;
    const entry = await this.#referrers.read(name, subject, digest);
    if (entry !== undefined) return entry;
    const referrer = await this.#derive(digest);
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

  /** What the manifest itself says. */
  async #derive(digest: Digest): Promise<Referrer | 'damaged' | undefined> {
    const bytes = await this.#manifests.read(digest);
    if (bytes === undefined || bytes === 'damaged') return bytes;
    return referrerOf(readStoredManifest(bytes), { digest, size: bytes.byteLength });
  }
}
