import { inOrder } from '../async/in-order.ts';
import type { Digest } from '../digest/digest.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { CatalogService } from '../registry/catalog-service.ts';
import type { ContentScrubber } from '../scrub/content-scrubber.ts';
import { LinkingRepositories, type LinkingRepositoriesDependencies } from '../scrub/linking-repositories.ts';
import type { QuarantineReview } from '../scrub/quarantine-review.ts';
import { type OpenReplica, ReplicaStorage } from '../scrub/replica-storage.ts';
import type { RepositoryScrubber } from '../scrub/repository-scrubber.ts';
import { parseCheckpoint, type ScrubCheckpoint } from '../scrub/scrub-checkpoint.ts';
import { type ScrubObserver, ScrubSession } from '../scrub/scrub-session.ts';
import type { ScrubReport } from '../scrub/scrub-tally.ts';
import { type Upstream, UpstreamRegistry } from '../scrub/upstream-registry.ts';
import { WalkEstimate } from '../scrub/walk-estimate.ts';
import type { BlobList } from '../storage/blob-list.ts';
import { eachRepository } from './each-repository.ts';
import type { Job, JobRun } from './job.ts';

/** What the job works on. */
export interface ScrubDependencies {
  readonly catalog: Pick<CatalogService, 'list'>;
  readonly stored: Pick<BlobList, 'digests'>;
  readonly quarantine: Pick<QuarantineReview, 'review'>;
  readonly content: Pick<ContentScrubber, 'scrub'>;
  readonly links: Pick<RepositoryScrubber, 'scrub'>;
  /** Finds the repositories of content that an upstream is asked for. */
  readonly inspector: LinkingRepositoriesDependencies['links'];
}

/** How the job works. */
export interface ScrubOptions {
  /** How many bytes are read each second at most. */
  readonly bytesPerSecond: number;
  /** How many blobs are read at the same time at most. */
  readonly concurrency: number;
  readonly observers: readonly ScrubObserver[];
  /** Opens a second storage, from which content is repaired. */
  readonly openReplica?: OpenReplica | undefined;
  /** A registry elsewhere, from which content is repaired that neither this process nor the replica has. */
  readonly upstream?: Upstream | undefined;
}

/**
 * Verifies everything that is stored: the content of each digest, then the links of each repository. Content that does
 * not match is moved into quarantine, where no client gets it, and the next push of it repairs the registry. Runs may
 * overlap, and a registry may be running: nothing is moved that was not read and found to be wrong, and what was moved
 * by mistake, because a push has just replaced it, is put back.
 */
export class Scrub implements Job<ScrubReport> {
  readonly name = 'scrub';
  readonly summary = 'verifies what is stored, and quarantines damaged content; reads every byte';
  readonly changes = true;
  readonly #dependencies: ScrubDependencies;
  readonly #options: ScrubOptions;

  constructor(dependencies: ScrubDependencies, options: ScrubOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  foundProblems({ damage }: ScrubReport): boolean {
    return damage > 0;
  }

  async run(run: JobRun): Promise<ScrubReport> {
    const earlier = parseCheckpoint(await run.checkpoint.load());
    const { openReplica, upstream } = this.#options;
    const { catalog, inspector: links } = this.#dependencies;
    await using replica = openReplica && new ReplicaStorage(openReplica);
    await using registry = upstream && new UpstreamRegistry(upstream, new LinkingRepositories({ catalog, links }));
    const sources = [replica, registry].filter((source) => source !== undefined);
    const session = new ScrubSession(run, { ...this.#options, earlier, sources });
    if (earlier === undefined) {
      for await (const finding of this.#dependencies.quarantine.review(session)) session.note(finding);
    }
    if (earlier?.content !== 'done') await this.#scrubContent(session, earlier?.content);
    await this.#scrubLinks(session, earlier);
    return session.tally.report();
  }

  async #scrubContent(session: ScrubSession, after: Digest | undefined): Promise<void> {
    const { stored, content } = this.#dependencies;
    const estimate = new WalkEstimate(after, session.tally.blobs);
    const limit = this.#options.concurrency;
    const action = async (digest: Digest) => {
      session.signal.throwIfAborted();
      return content.scrub(digest, session);
    };
    await inOrder(stored.digests(after), { limit, action }, async (digest, finding) => {
      session.countBlob(finding, (done) => estimate.total(digest, done));
      await session.passed({ content: digest });
    });
    session.endContent();
    await session.save({ content: 'done' });
  }

  async #scrubLinks(session: ScrubSession, earlier: ScrubCheckpoint | undefined): Promise<void> {
    const { catalog, links } = this.#dependencies;
    const checkpoint = {
      load: async () => earlier,
      save: (place: { readonly repository: RepositoryName }) => session.passed({ content: 'done', ...place }),
    };
    const run = { signal: session.signal, checkpoint, progress: () => session.onStep() };
    await eachRepository(catalog, run, async (name) => {
      for await (const finding of links.scrub(name, session)) session.note(finding);
    });
  }
}
