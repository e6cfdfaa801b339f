import type { ShaState } from './sha-state.ts';

/** A hash of the SHA-2 family whose state can leave the process: the port in front of OpenSSL and WebAssembly. */
export interface ResumableHash {
  update(bytes: Uint8Array): void;
  /** The digest, in hex, of all bytes so far; more may follow. */
  digest(): string;
  /** The state after all bytes so far; later bytes do not change it. */
  save(): ShaState;
}

/** Starts a hash, or resumes one. */
export type HashMaker = (state?: ShaState) => ResumableHash;
