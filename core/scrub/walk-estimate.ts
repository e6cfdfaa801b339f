import { algorithmOf, type Digest, hexOf } from '../digest/digest.ts';

const DIGITS = 8;

/**
 * Estimates how many digests a walk in byte order will have seen at its end. Digests are spread evenly, so the first
 * digits of one tell what part of its algorithm has been walked.
 */
export class WalkEstimate {
  #algorithm: string | undefined;
  #startedAt = 0;
  #doneBefore = 0;

  /** @param after where the walk resumes; `done` digests were seen until there */
  constructor(after?: Digest, done = 0) {
    if (after === undefined) return;
    this.#algorithm = algorithmOf(after);
    this.#startedAt = partBefore(after);
    this.#doneBefore = done;
  }

  /**
   * The number of digests at the end of the walk; never less than `done`.
   * @param done how many were seen, including `digest`
   */
  total(digest: Digest, done: number): number {
    const algorithm = algorithmOf(digest);
    if (algorithm !== this.#algorithm) {
      this.#algorithm = algorithm;
      this.#startedAt = 0;
      this.#doneBefore = done - 1;
    }
    const at = partBefore(digest);
    const passed = at - this.#startedAt;
    return passed <= 0 ? done : done + Math.round(((done - this.#doneBefore) * (1 - at)) / passed);
  }
}

/** What part of the digests of its algorithm come before this one, if they are spread evenly: from 0 up to 1. */
export function partBefore(digest: Digest): number {
  return Number.parseInt(hexOf(digest).slice(0, DIGITS), 16) / 16 ** DIGITS;
}
