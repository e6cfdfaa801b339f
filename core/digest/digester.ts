import { algorithmOf, CANONICAL_ALGORITHM, type Digest, digestAlgorithm } from './digest.ts';
import type { DigestAlgorithm, RunningHash } from './digest-algorithm.ts';

/** How a digest is computed. */
export interface DigesterOptions {
  /** What `save` returned, to resume from there. */
  readonly state?: Uint8Array | undefined;
  /** Whether its state may be saved, for which a process first loads a library. Default: `true`. */
  readonly isSaved?: boolean;
}

/** Computes a digest of bytes as they pass. */
export class Digester {
  readonly algorithm: string;
  /** Whether it was resumed from a state that was kept. */
  readonly isResumed: boolean;
  readonly #hash: RunningHash;
  #size: number;

  /**
   * @throws RegistryError `DIGEST_INVALID` for an algorithm that is not in the table
   * @throws TypeError when `state` is not a state of this algorithm, or this process cannot resume one
   */
  constructor(algorithm: string = CANONICAL_ALGORITHM, { state, isSaved = true }: DigesterOptions = {}) {
    this.algorithm = algorithm;
    this.isResumed = state !== undefined;
    this.#hash = isSaved ? startHash(digestAlgorithm(algorithm), state) : digestAlgorithm(algorithm).createHash();
    this.#size = this.#hash.resumedBytes ?? 0;
  }

  /** Bytes so far, including those that the state covers from which it was resumed. */
  get size(): number {
    return this.#size;
  }

  update(bytes: Uint8Array): this {
    this.#hash.update(bytes);
    this.#size += bytes.byteLength;
    return this;
  }

  /**
   * The digest of all bytes so far; more may follow.
   * @throws RegistryError `DIGEST_INVALID` when these bytes have none by this algorithm
   */
  digest(): Digest {
    return `${this.algorithm}:${this.#hash.digest()}` as Digest;
  }

  /** Whether `digest` is one of all bytes so far; by some algorithms they have several. */
  matches(digest: Digest): boolean {
    const { algorithm } = this;
    if (!digest.startsWith(`${algorithm}:`)) return false;
    const hex = digest.slice(algorithm.length + 1);
    return this.#hash.matches?.(hex) ?? this.#hash.digest() === hex;
  }

  /** The state in distribution's binary form; `undefined` when it cannot be resumed. */
  save(): Uint8Array | undefined {
    return this.#hash.save?.();
  }
}

function startHash(algorithm: DigestAlgorithm, state: Uint8Array | undefined): RunningHash {
  const resumed = algorithm.resumable?.start(state);
  if (resumed !== undefined) return resumed;
  if (state !== undefined) throw new TypeError(`${algorithm.name} cannot be resumed in this process`);
  return algorithm.createHash();
}

/** A digester that knows the digest it must arrive at. */
export class DigestVerifier extends Digester {
  readonly expected: Digest;

  constructor(expected: Digest) {
    super(algorithmOf(expected), { isSaved: false });
    this.expected = expected;
  }

  /** Whether the bytes so far are the expected ones. */
  get verified(): boolean {
    return this.matches(this.expected);
  }
}
