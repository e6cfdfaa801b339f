import type { ShaState } from './sha-state.ts';

/** A hash whose state can leave the process. */
export interface ResumableHash {
  update(bytes: Uint8Array): void;
  /** The digest, in hex, of what has passed so far; more may pass afterwards. */
  digest(): string;
  /** Where the hash stands now. */
  save(): ShaState;
}

/** Begins a hash, or goes on with one. */
export type HashMaker = (state?: ShaState) => ResumableHash;
