import { inject, injectable } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { QuarantineStore } from '../storage/quarantine-store.ts';
import { readContent, type ScrubRun } from './content-reading.ts';
import { ContentRepairer } from './content-repairer.ts';
import { ContentScrubber } from './content-scrubber.ts';
import type { ScrubAction, ScrubFinding } from './finding.ts';

/** Finishes or takes back what earlier runs began, also those that died in the middle. */
@injectable()
export class QuarantineReview {
  readonly #quarantine: QuarantineStore;
  readonly #scrubber: ContentScrubber;
  readonly #repairer: ContentRepairer;

  constructor(
    @inject(QuarantineStore) quarantine: QuarantineStore,
    @inject(ContentScrubber) scrubber: ContentScrubber,
    @inject(ContentRepairer) repairer: ContentRepairer,
  ) {
    this.#quarantine = quarantine;
    this.#scrubber = scrubber;
    this.#repairer = repairer;
  }

  /**
   * Looks at everything in quarantine, one after the other; reads the content there and at the place of the blob.
   * @returns what is there, and what was done about it
   * @throws the reason of the signal; DriverError when a change fails
   */
  async *review(run: ScrubRun): AsyncGenerator<ScrubFinding, void, undefined> {
    for await (const digest of this.#quarantine.digests()) {
      run.signal.throwIfAborted();
      const finding = await this.#look(digest, run);
      if (finding !== undefined) yield finding;
    }
  }

  async #look(digest: Digest, run: ScrubRun): Promise<ScrubFinding | undefined> {
    const change = async (action: ScrubAction, make: () => Promise<void>): Promise<ScrubAction> => {
      if (run.dryRun) return 'none';
      await make();
      return action;
    };
    const stored = await this.#scrubber.read(digest, run);
    if (stored.verdict === 'right') {
      const action = await change('removed', () => this.#quarantine.discard(digest));
      return { code: 'content-repaired', action, digest };
    }
    const kept = await readContent(digest, (options) => this.#quarantine.open(digest, options), run);
    if (kept.verdict === 'right') {
      const action = await change('restored', () => this.#quarantine.putBack(digest));
      return { code: 'content-restored', action, digest, size: kept.size };
    }
    // The content itself is verified, and replaces what is in quarantine if it is wrong as well.
    if (stored.verdict !== 'absent') return undefined;
    if (kept.verdict === 'absent') {
      await change('removed', () => this.#quarantine.discard(digest));
      return undefined;
    }
    const source = run.dryRun ? undefined : await this.#repairer.repair(digest);
    if (source === undefined) return { code: 'content-quarantined', action: 'none', digest };
    await this.#quarantine.discard(digest);
    return { code: 'content-repaired', action: 'repaired', digest, reason: `repaired from ${source}` };
  }
}
