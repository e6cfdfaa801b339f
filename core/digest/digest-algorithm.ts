/** An algorithm for content addresses: an entry of the table in `algorithms/`, or one that a plugin adds. */
export interface DigestAlgorithm {
  readonly name: string;
  /** The number of lower-case hex digits in a digest. */
  readonly hexLength: number;
  /** Starts a new hash. */
  readonly createHash: () => RunningHash;
  /** The hash of bytes in memory, in hex; present where it is faster than `createHash`. */
  readonly hashOnce?: (bytes: Uint8Array) => string;
  /** Absent if a hash cannot be resumed in another process; all bytes of an upload are then read again. */
  readonly resumable?: ResumableDigest;
  /**
   * Starts a hash that computes digests in a second, equally valid way. It is used only if the first way does not
   * match.
   */
  readonly createAlternative?: () => RunningHash;
  /** Its folders in the storage, such as `tarsum/v1/sha256`. Default: its name. */
  readonly folder?: string;
  /**
   * Whether different bytes can have the same digest without an attack, because it ignores parts of them. Content is
   * then stored under its canonical digest, and the other digest is an alias; no manifest has such a digest. Default:
   * `false`.
   */
  readonly isAlias?: boolean;
}

/**
 * Which implementation of resumable hashes a process uses: the fastest that works on this platform, or WebAssembly,
 * which works everywhere.
 */
export type HashImplementation = 'fastest' | 'wasm';

/** How hashes of an algorithm are saved and resumed. */
export interface ResumableDigest {
  /** Loads an implementation. Otherwise the first `start` loads the fastest one, if that works on this platform. */
  prepare(implementation: HashImplementation): Promise<void>;
  /**
   * Starts a hash, or resumes one.
   * @param state what `save` returned
   * @returns `undefined` when no implementation is loaded and the fastest one does not work on this platform
   * @throws TypeError when `state` is not a state of this algorithm
   */
  start(state?: Uint8Array): RunningHash | undefined;
}

/** A hash in progress. */
export interface RunningHash {
  /** The number of bytes covered by the state it was resumed from; absent or 0 for a new hash. */
  readonly resumedBytes?: number;
  /** Never throws: bytes that the algorithm cannot hash have no digest. */
  update(bytes: Uint8Array): unknown;
  /**
   * The digest, in hex, of all bytes so far; more may follow.
   * @throws RegistryError `DIGEST_INVALID` when the bytes have no digest by this algorithm
   */
  digest(): string;
  /** Whether `hex` is the digest of all bytes so far; present where `digest` may throw. */
  matches?(hex: string): boolean;
  /** The state, in distribution's binary form for SHA-2; absent or `undefined` if the hash cannot be resumed. */
  save?(): Uint8Array | undefined;
}
