import { randomInt } from 'node:crypto';
import type { Digest } from '../../digest/digest.ts';
import { DigestFilter } from './digest-filter.ts';
import { mix, WORDS, writeWords } from './digest-words.ts';

/** 32 MiB: 1.2 million digests. */
const MAX_SLOTS = 2 ** 21;
const MIN_SLOTS = 2 ** 10;
const MAX_LOAD = 0.6;
/** The size of the filter that follows. */
const FILTER_BYTES = 64 * 1024 * 1024;

/**
 * A set of digests in at most 96 MiB. Up to 1.2 million are exact, by their first 128 bits. With more, {@link has} may be
 * `true` for a digest that was not added: one in 8 million with 10 million digests, one in 8 with 100 million.
 */
export class DigestSet {
  #slots = new Uint32Array(MIN_SLOTS * WORDS);
  #filter: DigestFilter | undefined;
  #size = 0;
  readonly #seed = randomInt(2 ** 32);
  readonly #words = new Uint32Array(WORDS);
  readonly #filterBytes: number;
  readonly #maxSlots: number;

  constructor({ maxSlots = MAX_SLOTS, filterBytes = FILTER_BYTES } = {}) {
    this.#maxSlots = maxSlots;
    this.#filterBytes = filterBytes;
  }

  /** How many digests were added; those that were added twice may count twice once the set is not exact. */
  get size(): number {
    return this.#size;
  }

  /** Whether {@link has} is never wrong. */
  get isExact(): boolean {
    return this.#filter === undefined;
  }

  has(digest: Digest): boolean {
    if (this.#filter !== undefined) return this.#filter.has(digest);
    writeWords(digest, this.#words);
    return this.#isAt(this.#slotOf(this.#words, 0));
  }

  add(digest: Digest): void {
    if (this.#filter !== undefined) {
      this.#filter.add(digest);
      this.#size += 1;
      return;
    }
    writeWords(digest, this.#words);
    const slot = this.#slotOf(this.#words, 0);
    if (this.#isAt(slot)) return;
    this.#slots.set(this.#words, slot);
    this.#size += 1;
    if (this.#size * WORDS > MAX_LOAD * this.#slots.length) this.#grow();
  }

  #grow(): void {
    const before = this.#slots;
    if (before.length / WORDS >= this.#maxSlots) {
      const filter = new DigestFilter(this.#filterBytes);
      for (const at of takenIn(before)) filter.addWords(before, at);
      this.#filter = filter;
      this.#slots = new Uint32Array(0);
      return;
    }
    this.#slots = new Uint32Array(2 * before.length);
    for (const at of takenIn(before)) this.#slots.set(before.subarray(at, at + WORDS), this.#slotOf(before, at));
  }

  /** Where the digest is, or else the free slot for it. */
  #slotOf(words: Uint32Array, at: number): number {
    const slots = this.#slots;
    const mask = slots.length / WORDS - 1;
    for (let slot = mix(words, this.#seed, at) & mask; ; slot = (slot + 1) & mask) {
      const found = slot * WORDS;
      if (isFree(slots, found) || isEqual(slots, found, { words, at })) return found;
    }
  }

  #isAt(slot: number): boolean {
    return !isFree(this.#slots, slot);
  }
}

function* takenIn(slots: Uint32Array): Generator<number, void, undefined> {
  for (let at = 0; at < slots.length; at += WORDS) if (!isFree(slots, at)) yield at;
}

function isFree(slots: Uint32Array, at: number): boolean {
  return slots[at] === 0 && slots[at + 1] === 0 && slots[at + 2] === 0 && slots[at + 3] === 0;
}

function isEqual(slots: Uint32Array, slot: number, { words, at }: { words: Uint32Array; at: number }): boolean {
  for (let word = 0; word < WORDS; word += 1) if (slots[slot + word] !== words[at + word]) return false;
  return true;
}
