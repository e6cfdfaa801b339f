import { algorithmOf, CANONICAL_ALGORITHM, type Digest, type DigestAlgorithm, digestAlgorithm } from './digest.ts';
import { sha256, sha512 } from './fastest-hash.ts';
import type { HashMaker } from './resumable-hash.ts';
import { decodeShaState, encodeShaState, SHA256, SHA512, type ShaFamily } from './sha-state.ts';

/** How to go on with a hash that another process has begun, by algorithm; others cannot be gone on with. */
const RESUMABLE: ReadonlyMap<string, { readonly family: ShaFamily; readonly make: HashMaker }> = new Map([
  ['sha256', { family: SHA256, make: sha256 }],
  ['sha512', { family: SHA512, make: sha512 }],
]);

/** A hash of the table, resumable or not. */
interface RunningHash {
  update(bytes: Uint8Array): unknown;
  digest(): string;
  /** In the form that distribution keeps. */
  save?(): Buffer;
}

/** Computes a digest of bytes as they pass. */
export class Digester {
  readonly algorithm: string;
  /** Whether it rests on a state that somebody has kept. */
  readonly isResumed: boolean;
  readonly #hash: RunningHash;
  #size: number;

  /**
   * @param state what `save` gave, to go on from there
   * @throws RegistryError `DIGEST_INVALID` for an algorithm that is not in the table
   * @throws TypeError when `state` is none of this algorithm
   */
  constructor(algorithm: string = CANONICAL_ALGORITHM, state?: Uint8Array) {
    this.algorithm = algorithm;
    this.isResumed = state !== undefined;
    [this.#hash, this.#size] = startHash(digestAlgorithm(algorithm), state);
  }

  /** Bytes that have passed, also before the state with which this one began. */
  get size(): number {
    return this.#size;
  }

  update(bytes: Uint8Array): this {
    this.#hash.update(bytes);
    this.#size += bytes.byteLength;
    return this;
  }

  /** The digest of what has passed so far; more may pass afterwards. */
  digest(): Digest {
    return `${this.algorithm}:${this.#hash.digest()}` as Digest;
  }

  /** Where the digest stands, in distribution's binary form; `undefined` when the algorithm cannot be resumed. */
  save(): Uint8Array | undefined {
    return this.#hash.save?.();
  }
}

function startHash({ name, createHash }: DigestAlgorithm, saved?: Uint8Array): [RunningHash, number] {
  const resumable = RESUMABLE.get(name);
  const state = saved && resumable && decodeShaState(resumable.family, saved);
  if (saved !== undefined && state === undefined) throw new TypeError(`these bytes are no state of ${name}`);
  if (resumable === undefined) {
    const hash = createHash();
    return [{ update: (bytes) => hash.update(bytes), digest: () => hash.copy().digest('hex') }, 0];
  }
  const hash = resumable.make(state);
  const save = (): Buffer => encodeShaState(resumable.family, hash.save());
  return [{ update: (bytes) => hash.update(bytes), digest: () => hash.digest(), save }, state?.size ?? 0];
}

/** A digester that knows what must come out. */
export class DigestVerifier extends Digester {
  readonly expected: Digest;

  constructor(expected: Digest) {
    super(algorithmOf(expected));
    this.expected = expected;
  }

  /** Whether the bytes that have passed are the expected ones. */
  get verified(): boolean {
    return this.digest() === this.expected;
  }
}
