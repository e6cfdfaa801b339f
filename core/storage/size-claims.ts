import { LRUCache } from 'lru-cache';
import { Turns } from '../concurrency.ts';
import { algorithmOf, type Digest, digestOf } from '../digest.ts';
import type { FileInfo } from '../driver/index.ts';

/** About 200 bytes each. */
const MAX_DIGESTS = 20_000;
const NOTHING = Buffer.alloc(0);

/** Whether content of this size and time was found to be what its digest names. */
interface Verdict {
  readonly size: number;
  readonly changedMs: number;
  readonly isRight: boolean;
}

/**
 * What manifests say about the sizes of blobs, against which stored content is compared. A claim alone proves nothing,
 * because a manifest may be wrong: where claim and content differ, the content is read once and its digest decides.
 * Content without a byte needs no claim.
 */
export class SizeClaims {
  readonly #claims = new LRUCache<Digest, number>({ max: MAX_DIGESTS });
  readonly #verdicts = new LRUCache<Digest, Verdict>({ max: MAX_DIGESTS });
  /** One content is read at a time, so that nobody makes the process read many by false claims. */
  readonly #turns = new Turns();

  /** Notes the size in bytes that a manifest gives. */
  note(digest: Digest, size: number): void {
    this.#claims.set(digest, size);
  }

  /**
   * Whether content is known to be other than its digest names.
   * @param isRight reads the content; is called at most once for each content whose size is disputed
   */
  async isDamaged(digest: Digest, info: FileInfo, isRight: () => Promise<boolean>): Promise<boolean> {
    const { size } = info;
    if (size === 0) return digest !== digestOf(NOTHING, algorithmOf(digest));
    const claim = this.#claims.get(digest);
    if (claim === undefined || claim === size) return false;
    return !(this.#verdictOn(digest, info) ?? (await this.#turns.run('', () => this.#judge(digest, info, isRight))));
  }

  #verdictOn(digest: Digest, { size, modifiedAt }: FileInfo): boolean | undefined {
    const verdict = this.#verdicts.get(digest);
    const isOfThis = verdict?.size === size && verdict.changedMs === modifiedAt.getTime();
    return isOfThis ? verdict.isRight : undefined;
  }

  async #judge(digest: Digest, info: FileInfo, isRight: () => Promise<boolean>): Promise<boolean> {
    const known = this.#verdictOn(digest, info);
    if (known !== undefined) return known;
    const verdict = { size: info.size, changedMs: info.modifiedAt.getTime(), isRight: await isRight() };
    this.#verdicts.set(digest, verdict);
    return verdict.isRight;
  }
}
