import { opensslHash } from './openssl-hash.ts';
import { SHA256, SHA512, type ShaFamily, type ShaState } from './sha-state.ts';
import { wasmHash } from './wasm-hash.ts';

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

// OpenSSL's is as fast as node:crypto; WebAssembly, a fifth of that, runs everywhere.
const makerOf = async (family: ShaFamily): Promise<HashMaker> =>
  (await opensslHash(family)) ?? (await wasmHash(family));

/** The fastest implementation that this process can have. */
export const sha256: HashMaker = await makerOf(SHA256);
/** The fastest implementation that this process can have. */
export const sha512: HashMaker = await makerOf(SHA512);
