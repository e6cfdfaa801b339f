import { createCipheriv, createDecipheriv, hash, type KeyObject, randomFillSync } from 'node:crypto';
import { DriverError, type StoragePath } from '../../../core/driver/index.ts';
import { damaged } from './damaged.ts';
import { freeMemory } from './free-memory.ts';
import { CHAIN_BYTES, FRAME_OVERHEAD, HEADER_BYTES, NONCE_BYTES, TAG_BYTES } from './layout.ts';
import { KEY_NUMBER_BYTES, type KeyRing } from './storage-key.ts';

const CIPHER = 'aes-256-gcm';
const MAGIC = Buffer.from('STOWENC1', 'latin1');
const SALT_AT = MAGIC.byteLength + KEY_NUMBER_BYTES;
const FRAME = 1;
const SEAL = 2;
/** The chain before the first frame. */
export const FIRST_LINK: Uint8Array = new Uint8Array(CHAIN_BYTES);

/** What the seal of a file says. */
export interface SealedFacts {
  /** The number of plain bytes. */
  readonly plainBytes: number;
  /** The last value of the chain over all frames. */
  readonly chain: Uint8Array;
}

/**
 * Encrypts and decrypts the frames of one file. The key belongs to the file alone, so a frame of another file does not
 * open; the number of the frame is authenticated with it.
 */
export class FileCipher {
  /** The first bytes of the file. The key depends on all of them. */
  readonly header: Buffer;
  readonly #key: KeyObject;

  private constructor(header: Buffer, key: KeyObject) {
    this.header = header;
    this.#key = key;
  }

  /** The cipher of a new file, with the current key. */
  static create({ current }: KeyRing): FileCipher {
    const header = Buffer.allocUnsafeSlow(HEADER_BYTES);
    MAGIC.copy(header);
    header.write(current.number, MAGIC.byteLength, 'hex');
    randomFillSync(header, SALT_AT);
    return new FileCipher(header, current.fileKey(header));
  }

  /**
   * The cipher of the file with this header.
   * @throws DriverError `damaged`; `denied` when its key is not configured
   */
  static of(header: Uint8Array, keys: KeyRing): FileCipher {
    if (header.byteLength < HEADER_BYTES || !MAGIC.equals(header.subarray(0, MAGIC.byteLength))) {
      throw damaged('the file has no header; it was damaged, or written without encryption');
    }
    const own = Buffer.from(header.subarray(0, HEADER_BYTES));
    const number = own.toString('hex', MAGIC.byteLength, SALT_AT);
    const key = keys.find(number);
    if (key !== undefined) return new FileCipher(own, key.fileKey(own));
    const cause = new Error(
      `encrypt: the file has the key ${number}, which is not configured (those are ${keys.names()})`,
    );
    throw new DriverError('denied', { cause });
  }

  /** Whether this is the cipher of the file with this header. */
  isOf(header: Uint8Array): boolean {
    return this.header.equals(header);
  }

  /** The stored form of a frame: nonce, encrypted bytes, tag. */
  encrypt(frame: number, plain: readonly Uint8Array[]): Buffer {
    const plainBytes = plain.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const stored = Buffer.allocUnsafeSlow(plainBytes + FRAME_OVERHEAD);
    const nonce = randomFillSync(stored.subarray(0, NONCE_BYTES));
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(frameContext(frame));
    let at = NONCE_BYTES;
    for (const part of plain) {
      const encrypted = cipher.update(part);
      at += encrypted.copy(stored, at);
      freeMemory(encrypted);
    }
    cipher.final();
    cipher.getAuthTag().copy(stored, at);
    return stored;
  }

  /**
   * The plain bytes of a stored frame.
   * @throws DriverError `damaged`
   */
  decrypt(frame: number, stored: Uint8Array): Buffer {
    const decipher = createDecipheriv(CIPHER, this.#key, stored.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(frameContext(frame));
    decipher.setAuthTag(tagOf(stored));
    const plain = decipher.update(stored.subarray(NONCE_BYTES, -TAG_BYTES));
    try {
      decipher.final();
    } catch {
      throw damaged(`frame ${frame} is not what was stored there`);
    }
    return plain;
  }

  /** The trailer of a file at `path`. */
  seal(path: StoragePath, { plainBytes, chain }: SealedFacts): Buffer {
    const trailer = Buffer.allocUnsafeSlow(CHAIN_BYTES + FRAME_OVERHEAD);
    trailer.set(chain);
    const nonce = randomFillSync(trailer.subarray(CHAIN_BYTES, CHAIN_BYTES + NONCE_BYTES));
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(sealContext(path, { plainBytes, chain }));
    cipher.final();
    cipher.getAuthTag().copy(trailer, CHAIN_BYTES + NONCE_BYTES);
    return trailer;
  }

  /** What the trailer seals, if it was made for a file of this size at `path`; otherwise `undefined`. */
  unseal(path: StoragePath, plainBytes: number, trailer: Uint8Array): SealedFacts | undefined {
    const chain = trailer.slice(0, CHAIN_BYTES);
    const nonce = trailer.subarray(CHAIN_BYTES, CHAIN_BYTES + NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(sealContext(path, { plainBytes, chain }));
    decipher.setAuthTag(tagOf(trailer));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return { plainBytes, chain };
  }
}

/** The chain after one more frame, whose stored form this is. */
export function nextLink(chain: Uint8Array, stored: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([chain, tagOf(stored)]), 'buffer');
}

function tagOf(stored: Uint8Array): Uint8Array {
  return stored.subarray(-TAG_BYTES);
}

function frameContext(frame: number): Buffer {
  const context = Buffer.alloc(9);
  context.writeUInt8(FRAME);
  context.writeBigUInt64BE(BigInt(frame), 1);
  return context;
}

function sealContext(path: StoragePath, { plainBytes, chain }: SealedFacts): Buffer {
  const sizes = Buffer.alloc(9);
  sizes.writeUInt8(SEAL);
  sizes.writeBigUInt64BE(BigInt(plainBytes), 1);
  return Buffer.concat([sizes, chain, Buffer.from(path, 'latin1')]);
}
