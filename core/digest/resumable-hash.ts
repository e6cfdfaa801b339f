import type { ShaState } from './sha-state.ts';

/** A SHA-2 hash whose state can leave the process; implemented with OpenSSL and with WebAssembly. */
export interface ResumableHash {
  update(bytes: Uint8Array): void;
  /** The digest, in hex, of all bytes so far; more may follow. */
  digest(): string;
  /** A copy of the state after all bytes so far; later bytes do not change it. */
  save(): ShaState;
}

/** Starts a hash, or resumes one. */
export type HashMaker = (state?: ShaState) => ResumableHash;
