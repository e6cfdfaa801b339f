// @ts-check
import { Readable } from 'node:stream';
import { DriverError } from 'stowage/driver';
import { TemplateWriter } from './template-writer.js';

/**
 * @typedef {import('stowage/driver').StoragePath} StoragePath
 * @typedef {import('stowage/driver').StorageDriver} StorageDriver
 * @typedef {{ readonly bytes: Buffer, readonly modifiedAt: Date }} StoredFile
 */

/**
 * Keeps content in a map. The documentation of `StorageDriver` says what each method guarantees; your editor shows it.
 *
 * @implements {StorageDriver}
 */
export class TemplateDriver {
  name = 'template';

  /** What the driver claims: the test kit proves these claims and demands nothing more. */
  capabilities = /** @type {const} */ ({
    locality: 'local',
    persistent: false,
    shared: false,
    atomicMove: true,
    strongListing: true,
    hidesUncommitted: true,
    exclusiveWriters: false,
    redirect: false,
    conditionalWrites: true,
    minAppendBytes: 0,
  });

  /** @type {Map<string, StoredFile>} */
  #files = new Map();

  /** The bytes of writers that are open or were closed without a commit. @type {Map<string, Buffer[]>} */
  #uncommitted = new Map();

  /** @type {StorageDriver['stat']} */
  async stat(path) {
    const file = this.#files.get(path);
    if (file !== undefined) {
      return { path, isFolder: false, size: file.bytes.byteLength, modifiedAt: file.modifiedAt };
    }
    return this.#isFolder(path) ? { path, isFolder: true, size: 0, modifiedAt: new Date(0) } : undefined;
  }

  /** @type {StorageDriver['read']} */
  async read(path, { start = 0, end } = {}) {
    const bytes = this.#file(path).bytes.subarray(start, end);
    return Readable.from(bytes.byteLength === 0 ? [] : [bytes], { objectMode: false });
  }

  /** @type {StorageDriver['write']} */
  async write(path, content, { ifAbsent = false } = {}) {
    if (ifAbsent && this.#files.has(path)) throw new DriverError('conflict', { path });
    this.#put(path, Buffer.from(content));
  }

  /** @type {StorageDriver['openWriter']} */
  async openWriter(path, { append, ifAbsent }) {
    if (ifAbsent && (this.#files.has(path) || this.#uncommitted.has(path))) throw new DriverError('conflict', { path });
    const chunks = append ? (this.#uncommitted.get(path) ?? [this.#file(path).bytes]) : [];
    this.#uncommitted.set(path, chunks);
    return new TemplateWriter(chunks, {
      commit: () => {
        this.#put(path, Buffer.concat(chunks));
        this.#uncommitted.delete(path);
      },
      cancel: () => void this.#uncommitted.delete(path),
    });
  }

  /** @type {StorageDriver['list']} */
  async *list(folder, { after = '' } = {}) {
    if (!this.#isFolder(folder)) throw new DriverError('not-found', { path: folder });
    const prefix = folder === '/' ? '/' : `${folder}/`;
    const isFolderByName = new Map();
    for (const path of this.#files.keys()) {
      if (!path.startsWith(prefix)) continue;
      const [name = '', ...below] = path.slice(prefix.length).split('/');
      isFolderByName.set(name, below.length > 0);
    }
    for (const name of [...isFolderByName.keys()].sort()) {
      if (name > after) yield { name, isFolder: isFolderByName.get(name) };
    }
  }

  /** @type {StorageDriver['move']} */
  async move(from, to) {
    const { bytes } = this.#file(from);
    if (from === to) return;
    this.#put(to, bytes);
    this.#files.delete(from);
  }

  /** @type {StorageDriver['delete']} */
  async delete(path) {
    let isFound = false;
    for (const map of [this.#files, this.#uncommitted]) {
      for (const key of [...map.keys()]) {
        if (key === path || key.startsWith(`${path}/`)) isFound = map.delete(key);
      }
    }
    if (!isFound) throw new DriverError('not-found', { path });
  }

  /** Closes what `create` opened. It may be called twice. */
  async [Symbol.asyncDispose]() {}

  /** @param {StoragePath} path */
  #file(path) {
    const file = this.#files.get(path);
    if (file === undefined) throw new DriverError('not-found', { path });
    return file;
  }

  /** @param {StoragePath} path */
  #isFolder(path) {
    return path === '/' || this.#files.keys().some((key) => key.startsWith(`${path}/`));
  }

  /**
   * @param {StoragePath} path
   * @param {Buffer} bytes
   */
  #put(path, bytes) {
    const isBelowFile = this.#files.keys().some((key) => path.startsWith(`${key}/`));
    if (isBelowFile || this.#isFolder(path)) throw new DriverError('invalid-path', { path });
    this.#files.set(path, { bytes, modifiedAt: new Date() });
  }
}
