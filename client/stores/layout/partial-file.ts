import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { algorithmOf, type Digest, hexOf } from '../../../core/digest/digest.ts';
import { Digester } from '../../../core/digest/digester.ts';
import { heartbeat, newOwner, releaseOwner } from '../../files/file-owner.ts';
import { makeFolders } from '../../files/make-folders.ts';
import { StoreError } from '../store-error.ts';
import { partialPath, takeOver } from './partial-names.ts';
import { digesterOf, saveState, stateOf } from './saved-digest.ts';

/** The most bytes that are hashed again after a process was killed. */
const BYTES_BETWEEN_STATES = 32 * 1024 * 1024;
/** Smaller chunks are collected until a call can write at least this many bytes. */
const WRITE_BYTES = 128 * 1024;

/** The location of a partial file. */
interface PartialPlace {
  readonly owner: string;
  readonly path: string;
  /** Its path while it has no owner. */
  readonly idlePath: string;
}

interface OpenParts {
  readonly handle: FileHandle;
  readonly digester: Digester;
  readonly heartbeat: Disposable;
}

/**
 * The bytes of an incomplete blob, in a file that one process owns at a time and that is named after its owner. If an
 * owner has ended, its file is taken over, with the digest of its bytes.
 */
export class PartialFile implements AsyncDisposable {
  readonly #place: PartialPlace;
  readonly #handle: FileHandle;
  readonly #heartbeat: Disposable;
  #digester: Digester;
  #collected: Buffer | undefined;
  #collectedBytes = 0;
  #written: number;
  #savedAt: number;
  #isOver = false;
  /** The newest state that is being written. */
  #saving: Promise<void> | undefined;

  private constructor(place: PartialPlace, parts: OpenParts) {
    this.#place = place;
    this.#handle = parts.handle;
    this.#digester = parts.digester;
    this.#heartbeat = parts.heartbeat;
    this.#written = parts.digester.size;
    this.#savedAt = parts.digester.size;
  }

  /** Opens the bytes of a blob that an earlier write left in a folder, or starts without any. */
  static async open(folder: string, digest: Digest): Promise<PartialFile> {
    const base = `${algorithmOf(digest)}-${hexOf(digest)}`;
    const owner = newOwner();
    const path = partialPath(folder, base, owner);
    await using opening = new AsyncDisposableStack();
    opening.defer(() => releaseOwner(owner));
    await makeFolders(folder);
    // Recomputing a digest can take longer than others wait.
    const beating = opening.use(heartbeat(path));
    const isTaken = await takeOver(folder, base, path);
    const handle = await open(path, isTaken ? 'r+' : 'w+');
    opening.defer(() => handle.close());
    const digester = await digesterOf(handle, path, algorithmOf(digest));
    opening.move();
    const place = { owner, path, idlePath: partialPath(folder, base) };
    return new PartialFile(place, { handle, digester, heartbeat: beating });
  }

  /** The number of bytes so far, including those not written yet. */
  get size(): number {
    return this.#digester.size;
  }

  /** The digest of all bytes so far. */
  digest(): Digest {
    return this.#digester.digest();
  }

  /** Appends bytes. Their memory may be reused when the call has resolved. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#digester.update(bytes);
    if (bytes.byteLength < WRITE_BYTES) {
      await this.#collect(bytes);
    } else {
      await this.#flush();
      await this.#write(bytes);
    }
    if (this.#digester.size - this.#savedAt >= BYTES_BETWEEN_STATES) await this.#beginSave();
  }

  /**
   * Discards all bytes.
   * @throws StoreError `storage` when another process has taken the file over
   */
  async restart(): Promise<void> {
    if (!(await this.#isOwn())) throw new StoreError('storage', `another process has taken over ${this.#place.path}`);
    this.#collectedBytes = 0;
    await this.#saving?.catch(() => undefined);
    await rm(stateOf(this.#place.path), { force: true });
    await this.#handle.truncate(0);
    this.#digester = new Digester(this.#digester.algorithm);
    this.#written = 0;
    this.#savedAt = 0;
  }

  /** Makes the bytes durable, then moves them to `path`: a power failure leaves the whole file there, or none. */
  async moveTo(path: string): Promise<void> {
    await this.#flush();
    await this.#handle.datasync();
    await rename(this.#place.path, path);
    await this.remove();
  }

  /** Removes the bytes. */
  async remove(): Promise<void> {
    this.#isOver = true;
    await this.#saving?.catch(() => undefined);
    await Promise.all([rm(this.#place.path, { force: true }), rm(stateOf(this.#place.path), { force: true })]);
  }

  /** Leaves the bytes to the next owner. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#isOver) await this.#leave();
    } finally {
      this.#heartbeat[Symbol.dispose]();
      releaseOwner(this.#place.owner);
      await this.#handle.close();
    }
  }

  async #leave(): Promise<void> {
    // Bytes that cannot be written count as never received.
    await this.#beginSave().catch(() => undefined);
    await this.#saving?.catch(() => undefined);
    // The file may be the complete blob of another process by now.
    if (!(await this.#isOwn())) return;
    await this.#handle.truncate(this.#written);
    await rename(stateOf(this.#place.path), stateOf(this.#place.idlePath)).catch(() => undefined);
    await rename(this.#place.path, this.#place.idlePath);
  }

  /** Whether the open file still has the name that this process gave it. */
  async #isOwn(): Promise<boolean> {
    const [opened, named] = await Promise.all([this.#handle.stat(), stat(this.#place.path).catch(() => undefined)]);
    return named?.ino === opened.ino && named.dev === opened.dev;
  }

  async #collect(bytes: Uint8Array): Promise<void> {
    this.#collected ??= Buffer.allocUnsafeSlow(WRITE_BYTES);
    if (this.#collectedBytes + bytes.byteLength > WRITE_BYTES) await this.#flush();
    this.#collected.set(bytes, this.#collectedBytes);
    this.#collectedBytes += bytes.byteLength;
  }

  async #flush(): Promise<void> {
    const bytes = this.#collected?.subarray(0, this.#collectedBytes) ?? Buffer.of();
    this.#collectedBytes = 0;
    await this.#write(bytes);
  }

  /** A disk that is almost full accepts a part; the next call reports why. */
  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.byteLength - at, this.#written);
      at += bytesWritten;
      this.#written += bytesWritten;
    }
  }

  /**
   * Begins to save the digest state of all bytes that are written, unless a write has failed. Bytes continue to arrive
   * while the disk writes the earlier ones.
   * @throws the error of the previous save
   */
  async #beginSave(): Promise<void> {
    await this.#flush();
    await this.#saving;
    const { size } = this.#digester;
    const state = size === this.#written ? this.#digester.save() : undefined;
    this.#savedAt = size;
    if (state === undefined) return;
    this.#saving = this.#saveState(state);
    this.#saving.catch(() => undefined);
  }

  /** After a power failure a state must not cover bytes that the disk does not have. */
  async #saveState(state: Uint8Array): Promise<void> {
    await this.#handle.datasync();
    await saveState(this.#place.path, state);
  }
}
