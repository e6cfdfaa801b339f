import { randomInt } from 'node:crypto';
import type { Digest } from '../../digest/digest.ts';
import { mix, WORDS, writeWords } from './digest-words.ts';

/** The number of bits that are set for each digest. */
const PROBES = 8;
const VERSION = 1;
const HEADER_BYTES = 12;
const MIN_BYTES = 1024;

/**
 * A Bloom filter of digests: {@link has} is `true` for each that was added, and seldom for another one. With 16 bits for
 * each digest that is one in 1700, with 53 bits one in 8 million.
 */
export class DigestFilter {
  readonly #bits: Uint8Array;
  readonly #seed: number;
  readonly #words = new Uint32Array(WORDS);

  /** @param bytes a power of two, at least 1 KiB */
  constructor(bytes: number, seed = randomInt(2 ** 32)) {
    this.#bits = new Uint8Array(bytes);
    this.#seed = seed;
  }

  /** A filter with 16 bits or more for each digest. */
  static of(digests: ReadonlySet<Digest>): DigestFilter {
    const bytes = 2 ** Math.ceil(Math.log2(2 * digests.size + 1));
    const filter = new DigestFilter(Math.max(MIN_BYTES, bytes));
    for (const digest of digests) filter.add(digest);
    return filter;
  }

  /** Reads what {@link toBytes} returned; `undefined` for any other content. */
  static parse(content: Buffer): DigestFilter | undefined {
    if (content.byteLength < HEADER_BYTES + MIN_BYTES || content.readUInt32BE(0) !== VERSION) return undefined;
    const bytes = content.readUInt32BE(8);
    if (content.byteLength !== HEADER_BYTES + bytes || !Number.isInteger(Math.log2(bytes))) return undefined;
    const filter = new DigestFilter(bytes, content.readUInt32BE(4));
    filter.#bits.set(content.subarray(HEADER_BYTES));
    return filter;
  }

  add(digest: Digest): void {
    writeWords(digest, this.#words);
    this.addWords(this.#words);
  }

  /** Adds the digest whose words stand in `words` from `at` on. */
  addWords(words: Uint32Array, at = 0): void {
    const [first, step] = this.#start(words, at);
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = this.#bitAt(first, step, probe);
      this.#bits[bit >>> 3] = (this.#bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }

  has(digest: Digest): boolean {
    writeWords(digest, this.#words);
    const [first, step] = this.#start(this.#words, 0);
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = this.#bitAt(first, step, probe);
      if (((this.#bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }

  toBytes(): Buffer {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(VERSION, 0);
    header.writeUInt32BE(this.#seed, 4);
    header.writeUInt32BE(this.#bits.byteLength, 8);
    return Buffer.concat([header, this.#bits]);
  }

  #start(words: Uint32Array, at: number): [first: number, step: number] {
    const first = mix(words, this.#seed, at);
    return [first, mix(words, first ^ 0x9e3779b9, at) | 1];
  }

  // At most 512 MiB of bits, so that the number of a bit has 32 bits.
  #bitAt(first: number, step: number, probe: number): number {
    return ((first + Math.imul(step, probe)) >>> 0) & (8 * this.#bits.byteLength - 1);
  }
}
