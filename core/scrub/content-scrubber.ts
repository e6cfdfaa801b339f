import { inject, injectable } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { DriverError, type FileInfo } from '../driver/index.ts';
import { BlobStore } from '../storage/blob-store.ts';
import { QuarantineStore } from '../storage/quarantine-store.ts';
import { type Reading, readContent, type ScrubRun } from './content-reading.ts';
import { ContentRepairer } from './content-repairer.ts';
import type { ScrubFinding } from './finding.ts';

/** How often content is read at most before it is decided on. */
const MAX_READINGS = 3;

type WrongReading = Extract<Reading, { verdict: 'wrong' }>;

/**
 * Verifies stored content, and keeps what does not match its digest out of reach. Several processes may do so at the
 * same time, beside pushes and deletes of the same content.
 *
 * Content is moved only after two readings gave the same wrong bytes, or three gave wrong ones. A push can replace it
 * between the last reading and the move; therefore what was moved is read once more, and put back if it is right. A
 * process that dies in between leaves that to the {@link QuarantineReview} of the next run.
 */
@injectable()
export class ContentScrubber {
  readonly #blobs: BlobStore;
  readonly #quarantine: QuarantineStore;
  readonly #repairer: ContentRepairer;

  constructor(
    @inject(BlobStore) blobs: BlobStore,
    @inject(QuarantineStore) quarantine: QuarantineStore,
    @inject(ContentRepairer) repairer: ContentRepairer,
  ) {
    this.#blobs = blobs;
    this.#quarantine = quarantine;
    this.#repairer = repairer;
  }

  /**
   * Verifies the content of one digest. One driver call if it is right.
   * @returns what is wrong, and what was done about it
   * @throws the reason of the signal; DriverError when a change fails
   */
  async scrub(digest: Digest, run: ScrubRun): Promise<ScrubFinding | undefined> {
    const reading = await this.read(digest, run);
    switch (reading.verdict) {
      case 'right':
        return undefined;
      case 'absent':
        return this.#lookAtFolder(digest, run);
      case 'unreadable':
        return unreadable(digest, reading.error);
      case 'wrong':
        return this.#readAgain(digest, reading, run);
    }
  }

  /** Reads the content of a digest and compares them. */
  read(digest: Digest, run: ScrubRun): Promise<Reading> {
    return readContent(digest, (options) => this.#blobs.open(digest, options), run);
  }

  async #readAgain(digest: Digest, first: WrongReading, run: ScrubRun): Promise<ScrubFinding | undefined> {
    let last = first;
    for (let readings = 2; ; readings += 1) {
      const info = await this.#quarantine.stored(digest, { signal: run.signal });
      const next = await this.read(digest, run);
      switch (next.verdict) {
        case 'right':
          return { code: 'content-unstable', action: 'none', digest, size: next.size };
        case 'absent':
          // Deleted meanwhile.
          return undefined;
        case 'unreadable':
          return unreadable(digest, next.error);
        case 'wrong':
      }
      const isSame = next.computed === last.computed && next.size === last.size;
      if (isSame || readings === MAX_READINGS) return this.#condemn(digest, { reading: next, info }, run);
      last = next;
    }
  }

  async #condemn(
    digest: Digest,
    { reading, info }: { readonly reading: WrongReading; readonly info: FileInfo | undefined },
    run: ScrubRun,
  ): Promise<ScrubFinding | undefined> {
    const { size } = reading;
    const found = { code: 'content-damaged', digest, size } as const;
    if (run.dryRun) return { ...found, action: 'none' };
    const now = await this.#quarantine.stored(digest, { signal: run.signal });
    if (now === undefined) return undefined;
    if (!isSameFile(info, now)) {
      return { ...found, action: 'none', reason: 'it was replaced while it was read; the next run verifies it again' };
    }
    let id: string | undefined;
    try {
      id = await this.#quarantine.take(digest);
    } catch (error) {
      if (!DriverError.is(error)) throw error;
      // Without the move, at least the processes that hear of it do not serve the content.
      await this.#blobs.condemn(digest, now);
      return { ...found, action: 'none', reason: `it could not be moved into quarantine: ${error.message}` };
    }
    return id === undefined ? undefined : this.#settle({ digest, id }, found, run);
  }

  /** Decides on what was moved into quarantine. */
  async #settle(
    { digest, id }: { readonly digest: Digest; readonly id: string },
    found: Omit<ScrubFinding, 'action'>,
    run: ScrubRun,
  ): Promise<ScrubFinding | undefined> {
    const moved = await readContent(digest, (options) => this.#quarantine.open(digest, id, options), run);
    if (moved.verdict === 'right') {
      await this.#quarantine.putBack(digest, id);
      return { ...found, code: 'content-unstable', action: 'restored', size: moved.size };
    }
    const repair = await this.#repairer.repair(digest, run);
    const action = repair?.isRepaired === true ? 'repaired' : 'quarantined';
    if (action === 'quarantined') await this.#repairer.forget(digest);
    // What cannot be read stays: it may be right.
    else if (moved.verdict === 'wrong') await this.#quarantine.discard(digest, id);
    return { ...found, action, ...(repair && { reason: repair.reason }) };
  }

  async #lookAtFolder(digest: Digest, { dryRun }: ScrubRun): Promise<ScrubFinding | undefined> {
    if (!(await this.#quarantine.hasFolder(digest))) return undefined;
    if (dryRun) return { code: 'folder-empty', action: 'none', digest };
    await this.#quarantine.removeEmptyFolder(digest);
    const isGone = !(await this.#quarantine.hasFolder(digest));
    return { code: 'folder-empty', action: isGone ? 'removed' : 'none', digest };
  }
}

/** A finding about content that cannot be read. */
export function unreadable(digest: Digest, error: DriverError): ScrubFinding {
  return { code: 'content-unreadable', action: 'none', digest, reason: error.message };
}

function isSameFile(before: FileInfo | undefined, now: FileInfo): boolean {
  return before?.size === now.size && before.modifiedAt.getTime() === now.modifiedAt.getTime();
}
