import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

export const KEY_BYTES = 32;
/** The number of bytes that identify a key in the header of a file. */
export const KEY_NUMBER_BYTES = 8;

/** A key of the storage. Each file has a key of its own, which is derived from this one. */
export class StorageKey {
  /** Its name in the configuration. */
  readonly id: string;
  /** Identifies the key in stored files, whatever its name is. */
  readonly number: string;
  readonly #key: KeyObject;

  constructor(id: string, bytes: Uint8Array) {
    this.id = id;
    this.#key = createSecretKey(bytes);
    this.number = this.#derive('number', new Uint8Array()).toString('hex', 0, KEY_NUMBER_BYTES);
  }

  /** The key of the file with this header. */
  fileKey(header: Uint8Array): KeyObject {
    return createSecretKey(this.#derive('file', header));
  }

  #derive(use: string, context: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(`stowage encrypt 1 ${use}\0`).update(context).digest();
  }
}

/** The keys of a storage. */
export class KeyRing {
  /** The key of everything that is written. */
  readonly current: StorageKey;
  readonly #byNumber: ReadonlyMap<string, StorageKey>;

  /** @param keys the current one, then those of older files */
  constructor(keys: readonly [StorageKey, ...StorageKey[]]) {
    this.current = keys[0];
    this.#byNumber = new Map(keys.map((key) => [key.number, key]));
  }

  /** The key with this number; `undefined` when it is not configured. */
  find(number: string): StorageKey | undefined {
    return this.#byNumber.get(number);
  }

  /** What the keys are called, for messages. */
  names(): string {
    return Array.from(this.#byNumber.values(), ({ id, number }) => `${JSON.stringify(id)} (${number})`).join(', ');
  }
}
