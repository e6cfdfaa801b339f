import type { Digest } from '../../digest/digest.ts';
import type { Logger } from '../../ports/logger.ts';
import { ContentCopy } from '../content-copy.ts';
import { CopySession } from '../copy-session.ts';
import type { CopySides } from '../storage-copy.ts';
import { FILLING } from './filling.ts';

/** Each copy of a large blob reads and writes a stream. */
const MAX_RUNNING = 4;
/** More is left to a later read, or to a copy of the whole storage. */
const MAX_WAITING = 1_000;

/**
 * Copies content by digest to a storage, verified, a few at a time. What cannot be copied stays where it is and is tried
 * again with its next read. Other processes may copy the same content at the same time.
 */
export class BackgroundCopies implements AsyncDisposable {
  readonly #sides: CopySides;
  readonly #log: Pick<Logger, 'debug' | 'warn'>;
  readonly #stopping = new AbortController();
  readonly #waiting = new Set<Digest>();
  readonly #running = new Map<Digest, Promise<void>>();
  /** Whether the newest copy failed: a target that is full is reported once. */
  #fails = false;

  constructor(sides: CopySides, log: Pick<Logger, 'debug' | 'warn'>) {
    this.#sides = sides;
    this.#log = log;
  }

  /** Copies the content soon. No driver call before this returns. */
  add(digest: Digest): void {
    if (this.#stopping.signal.aborted || this.#running.has(digest) || this.#waiting.size >= MAX_WAITING) return;
    this.#waiting.add(digest);
    this.#begin();
  }

  /** Stops all copies; what they have written until now is removed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('the registry stops'));
    this.#waiting.clear();
    await Promise.all(this.#running.values());
  }

  #begin(): void {
    for (const digest of this.#waiting) {
      if (this.#running.size >= MAX_RUNNING) return;
      this.#waiting.delete(digest);
      this.#running.set(digest, this.#copy(digest));
    }
  }

  /** Never rejects. */
  async #copy(digest: Digest): Promise<void> {
    const { signal } = this.#stopping;
    try {
      const state = await new ContentCopy(this.#sides, new CopySession(FILLING, { signal, observer: {} })).ensure(
        digest,
      );
      if (state === 'there') this.#log.debug({ digest }, 'copied from the old storage');
      else this.#log.warn({ digest, state }, 'what the old storage has could not be copied');
      this.#fails = false;
    } catch (error) {
      if (!signal.aborted && !this.#fails)
        this.#log.warn({ digest, err: error }, 'the storage takes no copies of what the old storage has');
      this.#fails = true;
    }
    this.#running.delete(digest);
    if (!signal.aborted) this.#begin();
  }
}
