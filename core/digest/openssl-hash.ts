import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import type koffi from 'koffi';
import type { HashMaker, ResumableHash } from './resumable-hash.ts';
import type { ShaFamily, ShaState } from './sha-state.ts';

/** The functions that node:crypto calls; the caller owns the memory of their state. */
interface OpensslFunctions {
  readonly init: (context: Uint8Array) => number;
  readonly update: (context: Uint8Array, bytes: Uint8Array, length: number) => number;
  readonly final: (digest: Uint8Array, context: Uint8Array) => number;
}

/**
 * The SHA-2 functions of the OpenSSL in this process, called without node:crypto, which hides their state.
 * @returns `undefined` if that is not possible: koffi is not installed for the platform, Node was built without the
 * functions, or they behave differently
 */
export function opensslHash(family: ShaFamily): HashMaker | undefined {
  try {
    const functions = loadFunctions(family);
    const make: HashMaker = (state) => new OpensslHash(family, functions, state);
    return agreesWithNode(family, make) ? make : undefined;
  } catch {
    return undefined;
  }
}

const require = createRequire(import.meta.url);

function loadFunctions({ name }: ShaFamily): OpensslFunctions {
  const { load } = require('koffi') as typeof koffi;
  const process = load(null);
  const prefix = name.toUpperCase();
  return {
    init: process.func(`int ${prefix}_Init(void *context)`) as OpensslFunctions['init'],
    update: process.func(
      `int ${prefix}_Update(void *context, const void *bytes, size_t length)`,
    ) as OpensslFunctions['update'],
    final: process.func(`int ${prefix}_Final(void *digest, void *context)`) as OpensslFunctions['final'],
  };
}

/** Whether a hash that is saved in the middle of a block and resumed agrees with node:crypto. */
function agreesWithNode(family: ShaFamily, make: HashMaker): boolean {
  const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
  const begun = make();
  begun.update(bytes.subarray(0, 333));
  const resumed = make(begun.save());
  resumed.update(bytes.subarray(333));
  return resumed.digest() === createHash(family.name).update(bytes).digest('hex');
}

/**
 * `SHA256_CTX` and `SHA512_CTX` of <openssl/sha.h> in a buffer: eight words, the number of bits in two words, the
 * incomplete block, and as 32-bit numbers the bytes in that block and the length of the digest.
 */
class OpensslHash implements ResumableHash {
  readonly #family: ShaFamily;
  readonly #functions: OpensslFunctions;
  readonly #context: Buffer;
  #size: number;

  constructor(family: ShaFamily, functions: OpensslFunctions, state?: ShaState) {
    this.#family = family;
    this.#functions = functions;
    this.#context = Buffer.alloc(26 * family.wordBytes + 8);
    this.#size = state?.size ?? 0;
    functions.init(this.#context);
    if (state !== undefined) this.#restore(state);
  }

  update(bytes: Uint8Array): void {
    this.#functions.update(this.#context, bytes, bytes.byteLength);
    this.#size += bytes.byteLength;
  }

  digest(): string {
    const digest = Buffer.alloc(8 * this.#family.wordBytes);
    this.#functions.final(digest, Buffer.from(this.#context));
    return digest.toString('hex');
  }

  save(): ShaState {
    const { wordBytes } = this.#family;
    const words = toBigEndian(this.#context.subarray(0, 8 * wordBytes), wordBytes);
    const begun = this.#size % (16 * wordBytes);
    return {
      words,
      rest: Buffer.from(this.#context.subarray(10 * wordBytes, 10 * wordBytes + begun)),
      size: this.#size,
    };
  }

  #restore({ words, rest, size }: ShaState): void {
    const { wordBytes } = this.#family;
    const context = this.#context;
    context.set(toBigEndian(words, wordBytes));
    const bits = Buffer.alloc(2 * wordBytes);
    const length = BigInt(size) * 8n;
    bits.writeBigUInt64BE(length, bits.length - 8);
    // The low word comes first.
    context.set(toBigEndian(bits.subarray(wordBytes), wordBytes), 8 * wordBytes);
    context.set(toBigEndian(bits.subarray(0, wordBytes), wordBytes), 9 * wordBytes);
    context.set(rest, 10 * wordBytes);
    if (endianness() === 'LE') context.writeUInt32LE(rest.length, 26 * wordBytes);
    else context.writeUInt32BE(rest.length, 26 * wordBytes);
  }
}

/** A copy with words converted from the byte order of this machine to big-endian, or back. */
function toBigEndian(words: Uint8Array, wordBytes: 4 | 8): Buffer {
  const copy = Buffer.from(words);
  if (endianness() === 'BE') return copy;
  return wordBytes === 4 ? copy.swap32() : copy.swap64();
}
