import { type CallOptions, DriverError, type DriverWriter, type StoragePath } from '../../../core/driver/index.ts';
import { FIRST_LINK, type FileCipher, nextLink } from './file-cipher.ts';
import { FRAME_BYTES } from './layout.ts';
import { keptBytes, type UploadState } from './upload-state.ts';

/** What a writer needs besides its own bytes. */
export interface EncryptingWriterDependencies {
  /** The writer of the encrypted bytes. */
  readonly inner: DriverWriter;
  readonly cipher: FileCipher;
  /** The path of the plain file. */
  readonly path: StoragePath;
  /** Keeps the state for a later writer, once the inner one is closed. */
  readonly keep: (state: UploadState) => Promise<void>;
  /** Removes what was kept. */
  readonly forget: () => Promise<void>;
  /** Makes the encrypted bytes the content of a path. */
  readonly publish: (to: StoragePath) => Promise<void>;
}

/** Bytes that the inner writer has been given, and may not have stored yet. */
interface SentBytes {
  /** Where they begin in the stored file. */
  readonly start: number;
  readonly bytes: Buffer;
  /** The state before this frame; absent for bytes that are part of an earlier one. */
  readonly before?: { readonly frames: number; readonly chain: Uint8Array };
}

/**
 * Encrypts what is appended, frame by frame. What does not fill a frame waits in memory, and in a state beside the
 * stored bytes once the writer is closed, because stored bytes cannot be changed.
 */
export class EncryptingWriter implements DriverWriter {
  readonly #given: EncryptingWriterDependencies;
  readonly #before: UploadState | undefined;
  /** The number of whole frames, stored or sent. */
  #frames: number;
  #chain: Uint8Array;
  /** What follows the stored bytes before the next frame: the header of the file, or the end of a frame. */
  #unsent: Buffer;
  #tail: Uint8Array[];
  #tailBytes: number;
  #sent: SentBytes[] = [];
  /** The path for which the last bytes were sent; nothing can be appended after them. */
  #sealedFor: StoragePath | undefined;
  #isOver = false;

  /** @param before what the earlier writers have left */
  constructor(given: EncryptingWriterDependencies, before?: UploadState) {
    this.#given = given;
    this.#before = before;
    this.#frames = before?.frames ?? 0;
    this.#chain = before?.chain ?? FIRST_LINK;
    this.#unsent = before?.unsent ?? given.cipher.header;
    this.#tail = before === undefined ? [] : [before.tail];
    this.#tailBytes = before?.tail.byteLength ?? 0;
  }

  get size(): number {
    return this.#frames * FRAME_BYTES + this.#tailBytes;
  }

  get tookOver(): boolean {
    return this.#given.inner.tookOver === true;
  }

  async append(body: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void> {
    if (this.#sealedFor !== undefined) throw new DriverError('closed', { path: this.#given.path });
    const run = { isOver: false };
    try {
      await this.#given.inner.append(this.#encrypted(body, run), options);
    } finally {
      run.isOver = true;
      this.#settle();
    }
  }

  async commit(to: StoragePath = this.#given.path): Promise<void> {
    const { publish, forget } = this.#given;
    if (this.#sealedFor === undefined) await this.#complete(to);
    else if (this.#sealedFor !== to) throw new DriverError('closed', { path: this.#given.path });
    await publish(to);
    this.#isOver = true;
    if (this.#before !== undefined) await forget();
  }

  async cancel(): Promise<void> {
    await this.#given.inner.cancel();
    this.#isOver = true;
    if (this.#before !== undefined) await this.#given.forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { inner, keep } = this.#given;
    const isKept = !this.#isOver && this.#sealedFor === undefined && this.size > 0;
    // What ends with a part of the trailer cannot be continued.
    if (!this.#isOver && this.#sealedFor !== undefined) await inner.cancel().catch(() => undefined);
    this.#isOver = true;
    if (isKept && this.#unsent.byteLength > 0) await this.#flush().catch(() => undefined);
    const state = this.#state();
    // First, because a writer that was excluded must not replace the state of another one.
    await inner[Symbol.asyncDispose]();
    if (isKept && !isSame(state, this.#before)) await keep(state);
  }

  async *#encrypted(
    body: AsyncIterable<Uint8Array>,
    run: { readonly isOver: boolean },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of body) {
      let rest = chunk;
      while (rest.byteLength > 0) {
        // The call may have ended while the body was silent.
        if (run.isOver) return;
        const part = rest.subarray(0, FRAME_BYTES - this.#tailBytes);
        this.#tail.push(part);
        this.#tailBytes += part.byteLength;
        rest = rest.subarray(part.byteLength);
        if (this.#tailBytes === FRAME_BYTES) yield* this.#nextFrame();
      }
    }
  }

  /** What is unsent, and the tail as a frame. */
  *#nextFrame(): Generator<Buffer, void, undefined> {
    this.#forgetStored();
    const stored = this.#given.cipher.encrypt(this.#frames, this.#tail);
    const before = { frames: this.#frames, chain: this.#chain };
    const unsent = this.#unsent;
    const start = this.#nextStart();
    if (unsent.byteLength > 0) this.#sent.push({ start, bytes: unsent });
    this.#sent.push({ start: start + unsent.byteLength, bytes: stored, before });
    this.#chain = nextLink(this.#chain, stored);
    this.#frames += 1;
    this.#unsent = Buffer.alloc(0);
    this.#tail = [];
    this.#tailBytes = 0;
    if (unsent.byteLength > 0) yield unsent;
    yield stored;
  }

  /** Where the bytes that are sent next begin. */
  #nextStart(): number {
    const last = this.#sent.at(-1);
    return last === undefined ? this.#given.inner.size : last.start + last.bytes.byteLength;
  }

  #forgetStored(): void {
    const { size } = this.#given.inner;
    const stored = this.#sent.findIndex(({ start, bytes }) => start + bytes.byteLength > size);
    this.#sent.splice(0, stored === -1 ? this.#sent.length : stored);
  }

  /** After an append: forgets the frames of which the inner writer has kept nothing, and keeps the end of a torn one. */
  #settle(): void {
    this.#forgetStored();
    const { size } = this.#given.inner;
    const lost = this.#sent.find(({ start, before }) => before !== undefined && start >= size);
    const kept = this.#sent.filter(({ start, before }) => before === undefined || start < size);
    if (kept.length > 0)
      this.#unsent = Buffer.concat(kept.map(({ start, bytes }) => bytes.subarray(Math.max(0, size - start))));
    this.#sent = [];
    if (lost?.before === undefined) return;
    this.#frames = lost.before.frames;
    this.#chain = lost.before.chain;
    this.#tail = [];
    this.#tailBytes = 0;
  }

  async #flush(): Promise<void> {
    const { inner } = this.#given;
    const end = inner.size + this.#unsent.byteLength;
    try {
      await inner.append(bodyOf(this.#unsent));
    } finally {
      this.#unsent = this.#unsent.subarray(this.#unsent.byteLength - (end - inner.size));
    }
  }

  /** Sends the last bytes of the file, as a file at `to`. */
  async #complete(to: StoragePath): Promise<void> {
    const { inner, cipher } = this.#given;
    const last = this.#tailBytes === 0 ? [] : [cipher.encrypt(this.#frames, this.#tail)];
    const chain = last.reduce<Uint8Array>((before, stored) => nextLink(before, stored), this.#chain);
    const trailer = cipher.seal(to, { plainBytes: this.size, chain });
    const before = inner.size;
    this.#sealedFor = to;
    try {
      await inner.append(bodyOf(Buffer.concat([this.#unsent, ...last, trailer])));
    } catch (error) {
      if (inner.size === before) this.#sealedFor = undefined;
      throw error;
    }
  }

  #state(): UploadState {
    return {
      header: this.#given.cipher.header,
      storedBytes: this.#given.inner.size,
      frames: this.#frames,
      chain: Buffer.from(this.#chain),
      unsent: this.#unsent,
      tail: Buffer.concat(this.#tail),
    };
  }
}

async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

function isSame(state: UploadState, before: UploadState | undefined): boolean {
  return before !== undefined && state.storedBytes === before.storedBytes && keptBytes(state) === keptBytes(before);
}
