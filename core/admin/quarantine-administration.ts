import { mapConcurrently } from '../async/concurrency.ts';
import { inject, injectable } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { RegistryError } from '../model/errors.ts';
import { type Reading, readContent } from '../scrub/content-reading.ts';
import { QuarantineStore } from '../storage/quarantine-store.ts';

const CONCURRENCY = 16;

/** Content that a scrub has found to be wrong. */
export interface QuarantinedContent {
  readonly digest: Digest;
  /** The digest may have several. */
  readonly id: string;
  /** Of the wrong bytes. */
  readonly size: number;
  /** When these bytes were stored, as the storage says. */
  readonly storedAt: Date;
  /** Whether other content is at the place of the digest by now, because it was pushed or repaired. */
  readonly isReplaced: boolean;
}

/** A part of the list. */
export interface QuarantinePage {
  readonly contents: readonly QuarantinedContent[];
  /** Where the next page begins; absent on the last one. */
  readonly next: string | undefined;
}

/** Which part of the list is wanted. */
export interface QuarantineRequest {
  /** At most so many, at least 1. */
  readonly limit: number;
  /** What an earlier page has given as `next`. Any text. */
  readonly after: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface EntryReading {
  readonly id: string;
  readonly reading: Reading;
}

/**
 * What operators do with content in quarantine. It may run beside scrubs and pushes: what is in quarantine never
 * changes, and an entry that another process has released or dropped meanwhile is passed over. Copies that a repair is
 * making are neither listed nor touched.
 */
@injectable()
export class QuarantineAdministration {
  readonly #quarantine: QuarantineStore;

  constructor(@inject(QuarantineStore) quarantine: QuarantineStore) {
    this.#quarantine = quarantine;
  }

  /** Lists entries by digest and id. One driver call for each digest up to the end of the page, two for each entry on it. */
  async list({ limit, after = '', signal }: QuarantineRequest): Promise<QuarantinePage> {
    const found: { readonly digest: Digest; readonly id: string }[] = [];
    for await (const digest of this.#quarantine.digests()) {
      signal?.throwIfAborted();
      if (found.length > limit) break;
      // Everything of a digest begins with it.
      if (after > cursorOf({ digest, id: '\uFFFF' })) continue;
      const ids = (await this.#quarantine.damaged(digest)).toSorted();
      found.push(...ids.map((id) => ({ digest, id })).filter((entry) => cursorOf(entry) > after));
    }
    const page = found.slice(0, limit);
    const contents = await mapConcurrently(page, CONCURRENCY, async ({ digest, id }) => {
      const [info, stored] = await Promise.all([this.#quarantine.info(digest, id), this.#quarantine.stored(digest)]);
      if (info === undefined) return undefined;
      return { digest, id, size: info.size, storedAt: info.modifiedAt, isReplaced: stored !== undefined };
    });
    const last = page.at(-1);
    const next = found.length > limit && last !== undefined ? cursorOf(last) : undefined;
    return { contents: contents.filter((content) => content !== undefined), next };
  }

  /**
   * Puts content back that matches its digest: the disk has read it wrong before. Reads all of it.
   * @returns its size
   * @throws RegistryError `BLOB_UNKNOWN` when nothing of the digest is in quarantine, `STATE_CONFLICT` when it does not
   * match; DriverError when it cannot be read
   */
  async release(digest: Digest, signal: AbortSignal): Promise<{ readonly size: number }> {
    let size: number | undefined;
    for (const { id, reading } of await this.#readAll(digest, signal)) {
      if (reading.verdict !== 'right') continue;
      // What is in its place is replaced by the same bytes, or was wrong.
      await this.#quarantine.putBack(digest, id);
      ({ size } = reading);
    }
    if (size !== undefined) return { size };
    const reason = `what is in quarantine does not match ${digest}; push the content again, then drop it`;
    throw new RegistryError('STATE_CONFLICT', { digest, reason });
  }

  /**
   * Removes content that does not match its digest for good. Reads all of it; content that matches stays.
   * @returns how many entries were removed
   * @throws RegistryError `BLOB_UNKNOWN` when nothing of the digest is in quarantine, `STATE_CONFLICT` when all that is
   * there matches; DriverError when it cannot be read, because it may be right
   */
  async drop(digest: Digest, signal: AbortSignal): Promise<{ readonly dropped: number }> {
    const wrong = (await this.#readAll(digest, signal)).filter(({ reading }) => reading.verdict === 'wrong');
    if (wrong.length === 0) {
      const reason = `what is in quarantine matches ${digest} now; release it`;
      throw new RegistryError('STATE_CONFLICT', { digest, reason });
    }
    for (const { id } of wrong) await this.#quarantine.discard(digest, id);
    return { dropped: wrong.length };
  }

  /** Everything of the digest that is still there when it is read; at least one. */
  async #readAll(digest: Digest, signal: AbortSignal): Promise<readonly EntryReading[]> {
    const found: EntryReading[] = [];
    for (const id of await this.#quarantine.damaged(digest)) {
      const run = { signal, onBytes: () => undefined };
      const reading = await readContent(digest, (options) => this.#quarantine.open(digest, id, options), run);
      if (reading.verdict === 'unreadable') throw reading.error;
      if (reading.verdict !== 'absent') found.push({ id, reading });
    }
    if (found.length > 0) return found;
    throw new RegistryError('BLOB_UNKNOWN', { digest, reason: `${digest} is not in quarantine` });
  }
}

function cursorOf({ digest, id }: { readonly digest: Digest; readonly id: string }): string {
  return `${digest}:${id}`;
}
