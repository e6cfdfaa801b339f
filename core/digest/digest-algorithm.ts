import type { Hash } from 'node:crypto';

/** An algorithm that content can be addressed by: one entry of the table in `algorithms/`. */
export interface DigestAlgorithm {
  readonly name: string;
  /** How many lower-case hex digits a digest has. */
  readonly hexLength: number;
  /** A fresh hash. */
  readonly createHash: () => Hash;
  /** Absent where a hash cannot be resumed in another process; all bytes of an upload are then read once more. */
  readonly resumable?: ResumableDigest;
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
  /** How many bytes the state covers from which it was resumed; 0 for a new hash. */
  readonly resumedBytes: number;
  update(bytes: Uint8Array): unknown;
  /** The digest, in hex, of all bytes so far; more may follow. */
  digest(): string;
  /** The state in distribution's binary form; absent where the hash cannot be resumed. */
  save?(): Buffer;
}
