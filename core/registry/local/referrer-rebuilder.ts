import { mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable } from '../../di.ts';
import type { RepositoryName } from '../../model/reference.ts';
import { ReferrerStore } from '../../storage/referrer-store.ts';
import { RevisionStore } from '../../storage/revision-store.ts';
import { deriveReferrer } from './derive-referrer.ts';
import { inBatches } from './iterables.ts';
import { ManifestReader } from './manifest-reader.ts';

/** A manifest may be large. */
const CONCURRENCY = 16;

/** Options for rebuilding the entries of a repository. */
export interface RebuildOptions {
  /** Whether to count the entries without writing them. Default: `false`. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called every few manifests. */
  readonly onStep?: (() => void) | undefined;
}

/** The result of rebuilding the entries of a repository. */
export interface RebuiltReferrers {
  /** The number of referrers that have an entry now. */
  readonly entries: number;
  /** The number of manifests that do not match their digest, so their subject is unknown. */
  readonly unreadable: number;
}

/** Rebuilds the entries of referrers from the manifests of repositories. */
@injectable()
export class ReferrerRebuilder {
  readonly #referrers: ReferrerStore;
  readonly #revisions: RevisionStore;
  readonly #manifests: ManifestReader;

  constructor(
    @inject(ReferrerStore) referrers: ReferrerStore,
    @inject(RevisionStore) revisions: RevisionStore,
    @inject(ManifestReader) manifests: ManifestReader,
  ) {
    this.#referrers = referrers;
    this.#revisions = revisions;
    this.#manifests = manifests;
  }

  /**
   * Writes the entries of all manifests of the repository that have a subject, such as those that another program
   * stored. Reads every manifest of the repository, which may be changed meanwhile.
   * @throws RegistryError `UNAVAILABLE` while the repository is being deleted or renamed; the reason of the signal, a few manifests after it aborts; the entries written until then stay
   */
  async rebuild(name: RepositoryName, options: RebuildOptions = {}): Promise<RebuiltReferrers> {
    const { dryRun = false, signal, onStep } = options;
    let entries = 0;
    let unreadable = 0;
    for await (const batch of inBatches(this.#revisions.list(name), CONCURRENCY)) {
      onStep?.();
      signal?.throwIfAborted();
      await this.#revisions.requireUnchanging(name);
      await mapConcurrently(batch, CONCURRENCY, async (digest) => {
        const referrer = await deriveReferrer(this.#manifests, digest);
        if (referrer === 'damaged') unreadable += 1;
        if (referrer === undefined || referrer === 'damaged') return;
        if (!dryRun) await this.#referrers.put(name, referrer);
        entries += 1;
      });
    }
    return { entries, unreadable };
  }
}
