/** What distinguishes the members of the SHA-2 family. */
export interface ShaFamily {
  readonly name: 'sha256' | 'sha512';
  /** The bytes of a word; a state has eight words, and a block has sixteen. */
  readonly wordBytes: 4 | 8;
  /** The first bytes of a state in Go's binary form. */
  readonly magic: Buffer;
}

export const SHA256: ShaFamily = { name: 'sha256', wordBytes: 4, magic: Buffer.from('sha\x03', 'latin1') };
export const SHA512: ShaFamily = { name: 'sha512', wordBytes: 8, magic: Buffer.from('sha\x07', 'latin1') };

/** The state of a hash. */
export interface ShaState {
  /** The eight words, big-endian. */
  readonly words: Uint8Array;
  /** The bytes of the incomplete block. */
  readonly rest: Uint8Array;
  /** Bytes so far. */
  readonly size: number;
}

/**
 * The state as Go's `crypto/sha256` and `crypto/sha512` marshal it, which is how distribution stores it: magic, words,
 * the incomplete block (padded with zeros), and the size as 64 bits, all big-endian.
 */
export function encodeShaState({ magic, wordBytes }: ShaFamily, { words, rest, size }: ShaState): Buffer {
  const bytes = Buffer.alloc(magic.length + 24 * wordBytes + 8);
  bytes.set(magic);
  bytes.set(words, magic.length);
  bytes.set(rest, magic.length + 8 * wordBytes);
  bytes.writeBigUInt64BE(BigInt(size), bytes.length - 8);
  return bytes;
}

/** The state in Go's binary form; `undefined` for anything else, including states of other families. */
export function decodeShaState({ magic, wordBytes }: ShaFamily, bytes: Uint8Array): ShaState | undefined {
  const buffer = Buffer.from(bytes);
  if (buffer.length !== magic.length + 24 * wordBytes + 8 || !buffer.subarray(0, magic.length).equals(magic)) {
    return undefined;
  }
  const size = Number(buffer.readBigUInt64BE(buffer.length - 8));
  const words = buffer.subarray(magic.length, magic.length + 8 * wordBytes);
  const block = buffer.subarray(magic.length + 8 * wordBytes, buffer.length - 8);
  const rest = block.subarray(0, size % block.length);
  const isWhole = Number.isSafeInteger(size) && block.subarray(rest.length).every((byte) => byte === 0);
  return isWhole ? { words, rest, size } : undefined;
}
