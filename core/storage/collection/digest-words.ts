import type { Digest } from '../../digest/digest.ts';

/** The number of 32-bit words of a digest that tell it from all others: 128 bits. */
export const WORDS = 4;

/** Writes the first 128 bits of a digest to `target` from `at` on. At least one of them is set. */
export function writeWords(digest: Digest, target: Uint32Array, at = 0): void {
  const start = digest.indexOf(':') + 1;
  let bits = 0;
  for (let word = 0; word < WORDS; word += 1) {
    const value = Number.parseInt(digest.slice(start + 8 * word, start + 8 * (word + 1)), 16) >>> 0;
    target[at + word] = value;
    bits |= value;
  }
  if (bits === 0) target[at] = 1;
}

/**
 * A number of 32 bits from a digest. Anybody can choose the digests in a manifest, so only a secret or a new seed spreads
 * them evenly.
 */
export function mix(words: Uint32Array, seed: number, at = 0): number {
  let hash = seed >>> 0;
  for (let word = 0; word < WORDS; word += 1) {
    hash ^= words[at + word] ?? 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}
