import { createBLAKE3, type IHasher } from 'hash-wasm';
import { bindPort, DIGEST_ALGORITHM, definePlugin, PLUGIN_CONTRACT, type RunningHash } from 'stowage/plugin';
import { noOptions } from './no-options.ts';

/** BLAKE3 in WebAssembly. */
export default definePlugin({
  kind: 'digest-algorithm',
  name: 'blake3',
  contract: PLUGIN_CONTRACT,
  options: noOptions,
  module: async () => {
    // All hashes share one instance: each loads its state for the time of a call.
    const hasher = await createBLAKE3();
    return bindPort(DIGEST_ALGORITHM, {
      name: 'blake3',
      hexLength: 64,
      createHash: () => new Blake3(hasher),
      resumable: { prepare: async () => undefined, start: (state) => new Blake3(hasher, state) },
    });
  },
});

const SIZE_BYTES = 8;

/** A saved state is the number of bytes so far, then the state of hash-wasm. */
class Blake3 implements RunningHash {
  readonly resumedBytes: number;
  readonly #hasher: IHasher;
  #state: Uint8Array;
  #size: number;

  /** @throws TypeError when `saved` is not a state */
  constructor(hasher: IHasher, saved?: Uint8Array) {
    this.#hasher = hasher;
    this.#state = saved === undefined ? hasher.init().save() : checked(hasher, saved.slice(SIZE_BYTES));
    this.resumedBytes = saved === undefined ? 0 : sizeIn(saved);
    this.#size = this.resumedBytes;
  }

  update(bytes: Uint8Array): void {
    this.#state = this.#hasher.load(this.#state).update(bytes).save();
    this.#size += bytes.byteLength;
  }

  digest(): string {
    return this.#hasher.load(this.#state).digest('hex');
  }

  save(): Uint8Array {
    const saved = Buffer.alloc(SIZE_BYTES + this.#state.byteLength);
    saved.writeBigUInt64BE(BigInt(this.#size));
    saved.set(this.#state, SIZE_BYTES);
    return saved;
  }
}

function checked(hasher: IHasher, state: Uint8Array): Uint8Array {
  try {
    return hasher.load(state).save();
  } catch (cause) {
    throw new TypeError('these bytes are not a state of blake3', { cause });
  }
}

function sizeIn(saved: Uint8Array): number {
  return Number(Buffer.from(saved).readBigUInt64BE());
}
