import { opensslHash } from './openssl-hash.ts';
import type { HashMaker } from './resumable-hash.ts';
import { SHA256, SHA512, type ShaFamily } from './sha-state.ts';
import { wasmHash } from './wasm-hash.ts';

// OpenSSL's is as fast as node:crypto; WebAssembly, a fifth of that, runs everywhere.
const makerOf = async (family: ShaFamily): Promise<HashMaker> =>
  (await opensslHash(family)) ?? (await wasmHash(family));

/** The fastest implementation that this process can have. */
export const sha256: HashMaker = await makerOf(SHA256);
/** The fastest implementation that this process can have. */
export const sha512: HashMaker = await makerOf(SHA512);
