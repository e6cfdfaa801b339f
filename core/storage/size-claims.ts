import { LRUCache } from 'lru-cache';
import { KeyedMutex } from '../async/concurrency.ts';
import { algorithmOf, type Digest, digestOf, parseDigest } from '../digest/digest.ts';
import type { FileInfo } from '../driver/index.ts';
import type { Broadcast } from '../ports/broadcast.ts';
import { entryLimit } from './entry-limit.ts';

/** About 200 bytes each. */
const MAX_DIGESTS = 50_000;
const NOTHING = Buffer.alloc(0);
/**
 * The subject of messages about content that does not match its digest: `<digest> <size> <time of its last change in
 * milliseconds>`.
 */
const DAMAGED = 'damaged-content';

/** Whether content with this size and time was found to match its digest. */
interface Verdict {
  readonly size: number;
  readonly changedMs: number;
  readonly isRight: boolean;
}

/** What the caller states about content, and what it requires. */
export interface SizeClaim {
  /** The size in bytes that the manifest being pushed states. */
  readonly stated?: number | undefined;
  /** Whether content of unknown size counts as damaged until it is read. */
  readonly isInDoubt?: boolean | undefined;
  readonly isRight: () => Promise<boolean>;
}

/**
 * The sizes that content should have, against which stored content is compared. A manifest may be wrong: if it states a
 * size other than the stored one, the content is read once and its digest decides. The size that a push states is
 * remembered only if it was correct, so that a client cannot delay the requests of others by pushing false sizes. Empty
 * content is checked without a stated size, and a size of 0, which Go writes for an unknown one, states nothing.
 *
 * Content that one process finds to be damaged counts as damaged in every process that the broadcast reaches. A process
 * that misses the message loses nothing: it finds the damage by itself. Content that is pushed again has another time,
 * so no verdict outlives it.
 */
export class SizeClaims {
  readonly #sizes = new LRUCache<Digest, number>(entryLimit(MAX_DIGESTS));
  readonly #verdicts = new LRUCache<Digest, Verdict>(entryLimit(MAX_DIGESTS));
  /** Content is read one piece at a time, so that false sizes never make the process read many at once. */
  readonly #mutex = new KeyedMutex();
  readonly #broadcast: Broadcast;

  constructor(broadcast: Broadcast) {
    this.#broadcast = broadcast;
    broadcast.subscribe(
      DAMAGED,
      (text) => this.#believe(text),
      () => undefined,
    );
  }

  /** Records the size in bytes that a stored manifest states, unless a size is known. */
  expect(digest: Digest, size: number): void {
    if (size > 0 && !this.#sizes.has(digest)) this.#sizes.set(digest, size);
  }

  /** Records the size in bytes of content that was verified while it was stored. */
  confirm(digest: Digest, size: number): void {
    if (size > 0) this.#sizes.set(digest, size);
  }

  /** Whether a size of the content is known. */
  has(digest: Digest): boolean {
    return this.#sizes.has(digest);
  }

  /**
   * Whether content is known not to match its digest.
   * @param claim.isRight reads the content; called at most once for each content in doubt
   */
  async isDamaged(digest: Digest, info: FileInfo, { stated, isRight, isInDoubt }: SizeClaim): Promise<boolean> {
    const { size } = info;
    if (size === 0) return digest !== digestOf(NOTHING, algorithmOf(digest));
    const verdict = this.#verdictOn(digest, info);
    if (verdict !== undefined) return !verdict;
    if (stated === size) this.#sizes.set(digest, size);
    const expected = stated || this.#sizes.get(digest);
    if (expected === size || (expected === undefined && !isInDoubt)) return false;
    return !(await this.#mutex.run('', () => this.#judge(digest, info, isRight)));
  }

  /** Records that content does not match its digest, whatever its size; resolves when all processes know. */
  async condemn(digest: Digest, { size, modifiedAt }: FileInfo): Promise<void> {
    const changedMs = modifiedAt.getTime();
    this.#verdicts.set(digest, { size, changedMs, isRight: false });
    await this.#broadcast.publish(DAMAGED, `${digest} ${size} ${changedMs}`);
  }

  #verdictOn(digest: Digest, { size, modifiedAt }: FileInfo): boolean | undefined {
    const verdict = this.#verdicts.get(digest);
    const isOfThis = verdict?.size === size && verdict.changedMs === modifiedAt.getTime();
    return isOfThis ? verdict.isRight : undefined;
  }

  async #judge(digest: Digest, info: FileInfo, isRight: () => Promise<boolean>): Promise<boolean> {
    const known = this.#verdictOn(digest, info);
    if (known !== undefined) return known;
    if (!(await isRight())) {
      // Before the answer: the client may ask another process next.
      await this.condemn(digest, info);
      return false;
    }
    this.#verdicts.set(digest, { size: info.size, changedMs: info.modifiedAt.getTime(), isRight: true });
    this.#sizes.set(digest, info.size);
    return true;
  }

  #believe(text: string): void {
    const [digest = '', size, changedMs] = text.split(' ');
    this.#verdicts.set(parseDigest(digest), { size: Number(size), changedMs: Number(changedMs), isRight: false });
  }
}
