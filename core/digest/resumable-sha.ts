import type { HashImplementation, ResumableDigest, RunningHash } from './digest-algorithm.ts';
import { opensslHash } from './openssl-hash.ts';
import type { HashMaker } from './resumable-hash.ts';
import { decodeShaState, encodeShaState, type ShaFamily } from './sha-state.ts';

/**
 * Saves and resumes hashes of a SHA-2 family. OpenSSL is as fast as node:crypto and needs koffi; WebAssembly has a
 * fifth of that speed and runs everywhere.
 */
export function resumableSha(family: ShaFamily): ResumableDigest {
  let maker: HashMaker | undefined;
  let isChosen = false;
  const choose = (chosen: HashMaker | undefined): HashMaker | undefined => {
    isChosen = true;
    maker = chosen;
    return chosen;
  };
  return {
    prepare: async (implementation) => void choose(await loadMaker(family, implementation)),
    start: (saved) => {
      const make = isChosen ? maker : choose(opensslHash(family));
      return make && startHash(family, { make, saved });
    },
  };
}

async function loadMaker(family: ShaFamily, implementation: HashImplementation): Promise<HashMaker> {
  const fastest = implementation === 'fastest' ? opensslHash(family) : undefined;
  if (fastest !== undefined) return fastest;
  const { wasmHash } = await import('./wasm-hash.ts');
  return wasmHash(family);
}

function startHash(
  family: ShaFamily,
  { make, saved }: { make: HashMaker; saved: Uint8Array | undefined },
): RunningHash {
  const state = saved && decodeShaState(family, saved);
  if (saved !== undefined && state === undefined) throw new TypeError(`these bytes are not a state of ${family.name}`);
  const hash = make(state);
  return {
    resumedBytes: state?.size ?? 0,
    update: (bytes) => hash.update(bytes),
    digest: () => hash.digest(),
    save: () => encodeShaState(family, hash.save()),
  };
}
