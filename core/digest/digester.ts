import { algorithmOf, CANONICAL_ALGORITHM, type Digest, digestAlgorithm } from './digest.ts';
import type { DigestAlgorithm, RunningHash } from './digest-algorithm.ts';

/** How a digest is computed. */
export interface DigesterOptions {
  /** What `save` returned, to resume from there. */
  readonly state?: Uint8Array | undefined;
  /** Whether its state may be saved; the first such hash of a process loads a library. Default: `true`. */
  readonly isSaved?: boolean;
  /** Whether it uses the second way of the algorithm, see `hasAlternative`. Default: `false`. */
  readonly isAlternative?: boolean;
}

/** Computes a digest of bytes as they pass. */
export class Digester {
  readonly algorithm: string;
  /** Whether it was resumed from a saved state. */
  readonly isResumed: boolean;
  readonly #hash: RunningHash;
  #size: number;

  /**
   * @throws RegistryError `DIGEST_INVALID` for an algorithm that is not in the table
   * @throws TypeError when `state` is not a state of this algorithm, or this process cannot resume it
   */
  constructor(algorithm: string = CANONICAL_ALGORITHM, options: DigesterOptions = {}) {
    this.algorithm = algorithm;
    this.isResumed = options.state !== undefined;
    this.#hash = startHash(digestAlgorithm(algorithm), options);
    this.#size = this.#hash.resumedBytes ?? 0;
  }

  /** The number of bytes so far, including those of the state it was resumed from. */
  get size(): number {
    return this.#size;
  }

  /** Takes the next bytes. It never throws: bytes that the algorithm cannot hash have no digest. */
  update(bytes: Uint8Array): this {
    this.#hash.update(bytes);
    this.#size += bytes.byteLength;
    return this;
  }

  /**
   * The digest of all bytes so far; more may follow.
   * @throws RegistryError `DIGEST_INVALID` when the bytes have no digest by this algorithm
   */
  digest(): Digest {
    return `${this.algorithm}:${this.#hash.digest()}` as Digest;
  }

  /** Whether `digest` is that of all bytes so far. It never throws. */
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

function startHash(
  algorithm: DigestAlgorithm,
  { state, isSaved = true, isAlternative = false }: DigesterOptions,
): RunningHash {
  const { name, createHash, createAlternative = createHash, resumable } = algorithm;
  if (isAlternative) return createAlternative();
  const resumed = isSaved ? resumable?.start(state) : undefined;
  if (resumed !== undefined) return resumed;
  if (state !== undefined) throw new TypeError(`${name} cannot be resumed in this process`);
  return createHash();
}

/** Whether an algorithm has two ways to compute a digest. A match in either way counts. */
export function hasAlternative(algorithm: string): boolean {
  return digestAlgorithm(algorithm).createAlternative !== undefined;
}

/** A digester with an expected digest. */
export class DigestVerifier extends Digester {
  readonly expected: Digest;
  readonly #alternative: Digester | undefined;

  constructor(expected: Digest) {
    const algorithm = algorithmOf(expected);
    super(algorithm, { isSaved: false });
    this.expected = expected;
    this.#alternative = hasAlternative(algorithm) ? new Digester(algorithm, { isAlternative: true }) : undefined;
  }

  /** Takes the next bytes. It never throws. */
  override update(bytes: Uint8Array): this {
    this.#alternative?.update(bytes);
    return super.update(bytes);
  }

  /** Whether the bytes so far are the expected ones. */
  get verified(): boolean {
    return this.matches(this.expected) || this.#alternative?.matches(this.expected) === true;
  }
}
