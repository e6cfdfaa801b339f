import { LRUCache } from 'lru-cache';
import { DriverError, parseStoragePath, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';
import { damaged } from './damaged.ts';
import { FileCipher, type SealedFacts } from './file-cipher.ts';
import { HEADER_BYTES, plainSize, TRAILER_BYTES } from './layout.ts';
import { readSmall } from './read-small.ts';
import { permitPath } from './side-paths.ts';
import type { KeyRing } from './storage-key.ts';
import { StoredBytes } from './stored-bytes.ts';
import { decryptWhole, encryptWhole } from './whole-file.ts';

/** The seals of so many files are remembered. */
const MAX_FILES = 10_000;

/** A file whose seal was verified. */
export interface OpenFile extends SealedFacts {
  readonly cipher: FileCipher;
  /** The path for which it is sealed: its own, or that from which it was moved. */
  readonly sealedFor: StoragePath;
}

/** Verifies the seals of files: that a file was stored at its path, and with which size. */
export class OpenFiles {
  readonly #driver: StorageDriver;
  readonly #keys: KeyRing;
  readonly #known = new LRUCache<StoragePath, OpenFile>({ max: MAX_FILES });

  constructor(driver: StorageDriver, keys: KeyRing) {
    this.#driver = driver;
    this.#keys = keys;
  }

  /** What was verified before. The file may have been replaced since: its header, or its first frame, tells. */
  known(path: StoragePath): OpenFile | undefined {
    return this.#known.get(path);
  }

  forget(path: StoragePath): void {
    this.#known.delete(path);
  }

  /** @throws DriverError `not-found` when there is no file */
  async header(path: StoragePath, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = new StoredBytes(await this.#driver.read(path, { start: 0, end: HEADER_BYTES, signal }));
    try {
      return (await bytes.take(HEADER_BYTES)).slice();
    } finally {
      bytes.close();
    }
  }

  /**
   * The file with this header, which was just read at `path`.
   * @returns `undefined` when another file is there by now
   * @throws DriverError `damaged` unless the file was stored there
   */
  async verified(path: StoragePath, header: Uint8Array, signal?: AbortSignal): Promise<OpenFile | undefined> {
    const known = this.#known.get(path);
    if (known?.cipher.isOf(header) === true) return known;
    const cipher = FileCipher.of(header, this.#keys);
    try {
      const file = await this.#unsealed(path, cipher, signal);
      this.#known.set(path, file);
      return file;
    } catch (error) {
      if (!DriverError.is(error, 'damaged')) throw error;
      const now = await this.header(path, signal).catch((reason: unknown) => {
        if (DriverError.is(reason, 'not-found')) return undefined;
        throw reason;
      });
      if (now !== undefined && cipher.isOf(now)) throw error;
      return undefined;
    }
  }

  /** Lets a file be read at `to` once it is moved there. */
  async permit(to: StoragePath, { cipher, sealedFor }: OpenFile, durable: boolean | undefined): Promise<void> {
    if (sealedFor === to) return;
    const place = permitPath(to, cipher.header);
    await this.#driver.write(place, encryptWhole(Buffer.from(sealedFor, 'latin1'), place, this.#keys), { durable });
  }

  /** The path for which the file with this header is sealed, if it was moved to `path`. */
  async movedFrom(path: StoragePath, header: Uint8Array, signal?: AbortSignal): Promise<StoragePath | undefined> {
    const place = permitPath(path, Buffer.from(header));
    const stored = await readSmall(this.#driver, place, signal);
    return stored && parseStoragePath(decryptWhole(stored, [place], this.#keys).toString('latin1'));
  }

  async #unsealed(path: StoragePath, cipher: FileCipher, signal: AbortSignal | undefined): Promise<OpenFile> {
    const info = await this.#driver.stat(path, { signal });
    if (info === undefined || info.isFolder) throw damaged('the file is gone');
    const plainBytes = plainSize(info.size);
    const bytes = new StoredBytes(
      await this.#driver.read(path, { start: info.size - TRAILER_BYTES, end: info.size, signal }),
    );
    const trailer = await bytes.take(TRAILER_BYTES);
    bytes.close();
    if (trailer.byteLength < TRAILER_BYTES) throw damaged('the file was cut off');
    const facts = cipher.unseal(path, plainBytes, trailer);
    if (facts !== undefined) return { ...facts, cipher, sealedFor: path };
    const sealedFor = await this.movedFrom(path, cipher.header, signal);
    const moved = sealedFor && cipher.unseal(sealedFor, plainBytes, trailer);
    if (sealedFor === undefined || moved === undefined) {
      throw damaged('the file was not stored at this path, or was cut off');
    }
    return { ...moved, cipher, sealedFor };
  }
}
