import { inject, injectable } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { QuarantineStore } from '../storage/quarantine-store.ts';
import { readContent, type ScrubRun } from './content-reading.ts';
import { ContentRepairer } from './content-repairer.ts';
import { ContentScrubber, unreadable } from './content-scrubber.ts';
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
      yield* await this.#look(digest, run);
    }
  }

  async #look(digest: Digest, run: ScrubRun): Promise<readonly ScrubFinding[]> {
    const change = async (action: ScrubAction, make: () => Promise<void>): Promise<ScrubAction> => {
      if (run.dryRun) return 'none';
      await make();
      return action;
    };
    const wrong: string[] = [];
    const findings: ScrubFinding[] = [];
    const ids = await this.#quarantine.ids(digest);
    if (ids.length === 0) await change('removed', () => this.#quarantine.removeEmptyEntry(digest));
    for (const id of ids) {
      const kept = await readContent(digest, (options) => this.#quarantine.open(digest, id, options), run);
      if (kept.verdict === 'right') {
        // What is in its place is replaced by the same bytes, or was wrong.
        const action = await change('restored', () => this.#quarantine.putBack(digest, id));
        findings.push({ code: 'content-restored', action, digest, size: kept.size });
      } else if (kept.verdict === 'wrong') wrong.push(id);
      else if (kept.verdict === 'unreadable') findings.push(unreadable(digest, kept.error));
    }
    if (wrong.length === 0) return findings;
    const stored = await this.#scrubber.read(digest, run);
    // The content itself is verified next, and joins what is in quarantine if it is wrong as well.
    if (stored.verdict === 'wrong' || stored.verdict === 'unreadable') return findings;
    const discard = async (): Promise<void> => {
      for (const id of wrong) await this.#quarantine.discard(digest, id);
    };
    if (stored.verdict === 'right') {
      const action = await change('removed', discard);
      return [...findings, { code: 'content-repaired', action, digest }];
    }
    const repair = run.dryRun ? undefined : await this.#repairer.repair(digest, run);
    const reason = repair && { reason: repair.reason };
    if (repair?.isRepaired !== true)
      return [...findings, { code: 'content-quarantined', action: 'none', digest, ...reason }];
    await discard();
    return [...findings, { code: 'content-repaired', action: 'repaired', digest, ...reason }];
  }
}
