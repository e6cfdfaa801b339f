import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { algorithmOf, type Digest, hexOf } from '../../../core/digest/digest.ts';
import { Digester } from '../../../core/digest/digester.ts';
import { makeFolders } from '../../files/make-folders.ts';
import { StoreError } from '../store-error.ts';
import { ownPath, release, takeOver } from './partial-names.ts';
import { digesterOf, saveState, stateOf } from './saved-digest.ts';

/** How many bytes are hashed again at most after a process was killed. */
const BYTES_BETWEEN_STATES = 32 * 1024 * 1024;
/** Smaller chunks are collected to as many bytes, so that a call writes at least that. */
const WRITE_BYTES = 128 * 1024;
/** How often the time of the file says to other hosts that it has an owner. */
const RENEWAL_MS = 5000;

/**
 * The bytes of a blob that is not complete, in a file that one process has at a time: its name contains the id of the
 * process and stands for its host. The file of a process that has ended is taken over, with the digest of its bytes.
 */
export class PartialFile implements AsyncDisposable {
  readonly #path: string;
  /** Its name while no process has it. */
  readonly #idlePath: string;
  readonly #handle: FileHandle;
  readonly #renewal: NodeJS.Timeout;
  #digester: Digester;
  #collected: Buffer | undefined;
  #collectedBytes = 0;
  #written: number;
  #savedAt: number;
  #isOver = false;
  /** The newest state on its way to the disk. */
  #saving: Promise<void> | undefined;

  private constructor(
    paths: { readonly path: string; readonly idlePath: string },
    handle: FileHandle,
    digester: Digester,
  ) {
    this.#path = paths.path;
    this.#idlePath = paths.idlePath;
    this.#handle = handle;
    this.#digester = digester;
    this.#written = digester.size;
    this.#savedAt = digester.size;
    this.#renewal = setInterval(() => void this.#renew(), RENEWAL_MS).unref();
  }

  /** Opens the bytes of a blob that are left in a folder, or begins without any. */
  static async open(folder: string, digest: Digest): Promise<PartialFile> {
    const base = `${algorithmOf(digest)}-${hexOf(digest)}`;
    const path = ownPath(folder, base);
    const paths = { path, idlePath: join(folder, `${base}.part`) };
    try {
      await makeFolders(folder);
      const isTaken = await takeOver(folder, base, path);
      const handle = await open(path, isTaken ? 'r+' : 'w+');
      try {
        return new PartialFile(paths, handle, await digesterOf(handle, path, algorithmOf(digest)));
      } catch (error) {
        await handle.close();
        throw error;
      }
    } catch (error) {
      release(path);
      throw error;
    }
  }

  /** Bytes so far, also those that still wait to be written. */
  get size(): number {
    return this.#digester.size;
  }

  /** The digest of all bytes so far. */
  digest(): Digest {
    return this.#digester.digest();
  }

  /** Takes bytes. Their memory may be used again when the call has resolved. */
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
   * Forgets all bytes.
   * @throws StoreError `storage` when another process has taken the file over
   */
  async restart(): Promise<void> {
    if (!(await this.#isOwn())) throw new StoreError('storage', `another process has taken over ${this.#path}`);
    this.#collectedBytes = 0;
    await this.#saving?.catch(() => undefined);
    await rm(stateOf(this.#path), { force: true });
    await this.#handle.truncate(0);
    this.#digester = new Digester(this.#digester.algorithm);
    this.#written = 0;
    this.#savedAt = 0;
  }

  /** Makes the bytes the file at `path`, once they are on the disk: a power cut leaves all of them there, or no such file. */
  async moveTo(path: string): Promise<void> {
    await this.#flush();
    await this.#handle.datasync();
    await rename(this.#path, path);
    await this.remove();
  }

  /** Removes the bytes. */
  async remove(): Promise<void> {
    this.#isOver = true;
    await this.#saving?.catch(() => undefined);
    await Promise.all([rm(this.#path, { force: true }), rm(stateOf(this.#path), { force: true })]);
  }

  /** Leaves the bytes to whoever opens them next. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#isOver) await this.#leave();
    } finally {
      clearInterval(this.#renewal);
      release(this.#path);
      await this.#handle.close();
    }
  }

  async #leave(): Promise<void> {
    // What cannot be written counts as never received.
    await this.#beginSave().catch(() => undefined);
    await this.#saving?.catch(() => undefined);
    // It may be the complete blob of another process by now.
    if (!(await this.#isOwn())) return;
    await this.#handle.truncate(this.#written);
    await rename(stateOf(this.#path), stateOf(this.#idlePath)).catch(() => undefined);
    await rename(this.#path, this.#idlePath);
  }

  /** Whether the open file still has the name that this process has given it. */
  async #isOwn(): Promise<boolean> {
    const [opened, named] = await Promise.all([this.#handle.stat(), stat(this.#path).catch(() => undefined)]);
    return named?.ino === opened.ino && named.dev === opened.dev;
  }

  async #renew(): Promise<void> {
    const now = new Date();
    await this.#handle.utimes(now, now).catch(() => undefined);
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

  /** A disk that is almost full takes a part; the next call says why. */
  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.byteLength - at, this.#written);
      at += bytesWritten;
      this.#written += bytesWritten;
    }
  }

  /**
   * Begins to save the state of the digest, which is that of all bytes that are written, unless a write has failed. Bytes go on
   * coming while the disk takes those before.
   * @throws what the save before has failed with
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

  /** After a power cut a state must not cover bytes that the disk does not have. */
  async #saveState(state: Uint8Array): Promise<void> {
    await this.#handle.datasync();
    await saveState(this.#path, state);
  }
}
