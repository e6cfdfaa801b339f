import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { algorithmOf, type Digest, hexOf } from '../../../core/digest/digest.ts';
import { Digester } from '../../../core/digest/digester.ts';
import { ownPath, release, takeOver } from './partial-names.ts';
import { digesterOf, saveState, stateOf } from './saved-digest.ts';

/** How many bytes are hashed again at most after a process was killed. */
const BYTES_BETWEEN_STATES = 32 * 1024 * 1024;
/** How many bytes are written in one call. */
const WRITE_BYTES = 1024 * 1024;

/**
 * The bytes of a blob that is not complete, in a file that one process has at a time: its name contains the id of the
 * process. The file of a process that has ended is taken over, with the digest of its bytes.
 */
export class PartialFile implements AsyncDisposable {
  readonly #path: string;
  /** Its name while no process has it. */
  readonly #idlePath: string;
  readonly #handle: FileHandle;
  #digester: Digester;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writing: Promise<unknown> = Promise.resolve();
  #written: number;
  #savedAt: number;
  #isOver = false;

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
  }

  /** Opens the bytes of a blob that are left in a folder, or begins without any. */
  static async open(folder: string, digest: Digest): Promise<PartialFile> {
    const base = `${algorithmOf(digest)}-${hexOf(digest)}`;
    const path = ownPath(folder, base);
    const paths = { path, idlePath: join(folder, `${base}.part`) };
    try {
      await mkdir(folder, { recursive: true });
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

  /** Takes bytes, which nobody changes from now on. Waits only while the disk is slower than the source. */
  async append(bytes: Uint8Array): Promise<void> {
    this.#digester.update(bytes);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    if (this.#waitingBytes < WRITE_BYTES) return;
    await this.#flush();
    if (this.#digester.size - this.#savedAt < BYTES_BETWEEN_STATES) return;
    const { size } = this.#digester;
    const state = this.#digester.save();
    await this.#writing;
    await this.#save(state, size);
  }

  /** Forgets all bytes. */
  async restart(): Promise<void> {
    await this.#writing;
    this.#waiting = [];
    this.#waitingBytes = 0;
    await rm(stateOf(this.#path), { force: true });
    await this.#handle.truncate(0);
    this.#digester = new Digester(this.#digester.algorithm);
    this.#written = 0;
    this.#savedAt = 0;
  }

  /** Makes the bytes the file at `path`. */
  async moveTo(path: string): Promise<void> {
    await this.#flush();
    await this.#writing;
    await rename(this.#path, path);
    await this.remove();
  }

  /** Removes the bytes. */
  async remove(): Promise<void> {
    this.#isOver = true;
    await Promise.all([rm(this.#path, { force: true }), rm(stateOf(this.#path), { force: true })]);
  }

  /** Leaves the bytes to whoever opens them next. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#isOver) await this.#leave();
    } finally {
      release(this.#path);
      await this.#handle.close();
    }
  }

  async #leave(): Promise<void> {
    // What could not be written counts as never received.
    await this.#flush().catch(() => undefined);
    const isWhole = await this.#writing.then(
      () => true,
      () => false,
    );
    if (isWhole && this.#written > 0) await this.#save(this.#digester.save(), this.#written).catch(() => undefined);
    await this.#handle.truncate(this.#written);
    await rename(stateOf(this.#path), stateOf(this.#idlePath)).catch(() => undefined);
    await rename(this.#path, this.#idlePath);
  }

  /** Begins to write what waits, when what was begun before is written. */
  async #flush(): Promise<void> {
    await this.#writing;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    const start = this.#written;
    const bytes = this.#waitingBytes;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#writing = writeAll(this.#handle, waiting, { start, bytes }).then(() => {
      this.#written = start + bytes;
    });
    // It is awaited before the next write, and until then must not count as unhandled.
    this.#writing.catch(() => undefined);
  }

  async #save(state: Uint8Array | undefined, size: number): Promise<void> {
    if (state !== undefined) await saveState(this.#path, state);
    this.#savedAt = size;
  }
}

async function writeAll(
  handle: FileHandle,
  chunks: readonly Uint8Array[],
  { start, bytes }: { readonly start: number; readonly bytes: number },
): Promise<void> {
  const { bytesWritten } = await handle.writev(chunks, start);
  if (bytesWritten === bytes) return;
  // A disk that is almost full takes a part; the rest tells why.
  const rest = Buffer.concat(chunks).subarray(bytesWritten);
  for (let at = 0; at < rest.byteLength; ) {
    at += (await handle.write(rest, at, rest.byteLength - at, start + bytesWritten + at)).bytesWritten;
  }
}
