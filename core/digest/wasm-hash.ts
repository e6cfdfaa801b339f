import { createSHA256, createSHA512, type IHasher } from 'hash-wasm';
import type { HashMaker, ResumableHash } from './resumable-hash.ts';
import type { ShaFamily, ShaState } from './sha-state.ts';

/** The prefix of a state that hash-wasm saves: it identifies the build. */
const BUILD_BYTES = 4;

/** SHA-2 in WebAssembly. All hashes of a family share one instance, because each instance has its own memory pages. */
export async function wasmHash(family: ShaFamily): Promise<HashMaker> {
  const hasher = await (family.name === 'sha256' ? createSHA256() : createSHA512());
  return (state) => new WasmHash(family, hasher, state);
}

/**
 * A state as hash-wasm saves it: the incomplete block, the size as 64 bits, eight words and the length of the digest,
 * little-endian.
 */
class WasmHash implements ResumableHash {
  readonly #family: ShaFamily;
  readonly #hasher: IHasher;
  #saved: Buffer;

  constructor(family: ShaFamily, hasher: IHasher, state?: ShaState) {
    this.#family = family;
    this.#hasher = hasher;
    this.#saved = saveOf(hasher.init());
    if (state !== undefined) this.#restore(state);
  }

  update(bytes: Uint8Array): void {
    this.#saved = saveOf(this.#hasher.load(this.#saved).update(bytes));
  }

  digest(): string {
    return this.#hasher.load(this.#saved).digest('hex');
  }

  save(): ShaState {
    const { block, size, words } = this.#parts();
    const bytes = Number(size.readBigUInt64LE());
    return { words: swapped(words, this.#family), rest: block.subarray(0, bytes % block.length), size: bytes };
  }

  #restore(state: ShaState): void {
    const { block, size, words } = this.#parts();
    block.set(state.rest);
    size.writeBigUInt64LE(BigInt(state.size));
    words.set(swapped(state.words, this.#family));
  }

  /** Views of the parts of the saved state. */
  #parts(): { readonly block: Buffer; readonly size: Buffer; readonly words: Buffer } {
    const { wordBytes } = this.#family;
    const blockEnd = BUILD_BYTES + 16 * wordBytes;
    return {
      block: this.#saved.subarray(BUILD_BYTES, blockEnd),
      size: this.#saved.subarray(blockEnd, blockEnd + 8),
      words: this.#saved.subarray(blockEnd + 8, blockEnd + 8 + 8 * wordBytes),
    };
  }
}

function saveOf(hasher: IHasher): Buffer {
  const saved = hasher.save();
  return Buffer.from(saved.buffer, saved.byteOffset, saved.byteLength);
}

function swapped(words: Uint8Array, { wordBytes }: ShaFamily): Buffer {
  const copy = Buffer.from(words);
  return wordBytes === 4 ? copy.swap32() : copy.swap64();
}
