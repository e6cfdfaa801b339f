/** An algorithm that content can be addressed by: one entry of the table in `algorithms/`, or one of a plugin. */
export interface DigestAlgorithm {
  readonly name: string;
  /** How many lower-case hex digits a digest has. */
  readonly hexLength: number;
  /** A fresh hash. */
  readonly createHash: () => RunningHash;
  /** The hash of bytes in memory, in hex, where that is faster than a running one. */
  readonly hashOnce?: (bytes: Uint8Array) => string;
  /** Absent where a hash cannot be resumed in another process; all bytes of an upload are then read once more. */
  readonly resumable?: ResumableDigest;
  /** A hash that computes digests in a second way, which count as well. It is asked only when the first way does not match. */
  readonly createAlternative?: () => RunningHash;
  /** The folders that stand for it in the storage, such as `tarsum/v1/sha256`; its name unless given. */
  readonly folder?: string;
  /**
   * Whether different bytes can have the same digest without an attack, because it leaves out parts of them. Content is then
   * stored under its canonical digest, and the other one is a second name of it; no manifest has such a digest. Default:
   * `false`.
   */
  readonly isAlias?: boolean;
}

/**
 * Which implementation of resumable hashes a process uses: the fastest one that works here, or WebAssembly, which works
 * everywhere.
 */
export type HashImplementation = 'fastest' | 'wasm';

/** How hashes of an algorithm are saved and resumed. */
export interface ResumableDigest {
  /** Loads an implementation. Without it the first `start` loads the fastest one, if that works here. */
  prepare(implementation: HashImplementation): Promise<void>;
  /**
   * Starts a hash, or resumes one.
   * @param state what `save` returned
   * @returns `undefined` when no implementation is loaded and the fastest one does not work here
   * @throws TypeError when `state` is not a state of this algorithm
   */
  start(state?: Uint8Array): RunningHash | undefined;
}

/** A hash in progress. */
export interface RunningHash {
  /** How many bytes the state covers from which it was resumed; absent or 0 for a new hash. */
  readonly resumedBytes?: number;
  /** Never throws: bytes that the algorithm cannot hash have no digest. */
  update(bytes: Uint8Array): unknown;
  /**
   * The digest, in hex, of all bytes so far; more may follow.
   * @throws RegistryError `DIGEST_INVALID` when these bytes have none
   */
  digest(): string;
  /** Whether `hex` is the digest of all bytes so far, for hashes whose `digest` may throw. */
  matches?(hex: string): boolean;
  /** The state, in distribution's binary form for SHA-2; absent or `undefined` where the hash cannot be resumed. */
  save?(): Uint8Array | undefined;
}
