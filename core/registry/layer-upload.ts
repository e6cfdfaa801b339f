import type { Descriptor } from '../descriptor.ts';
import { algorithmOf, type Digest, type Digester, DigestVerifier } from '../digest.ts';
import type { DriverWriter } from '../driver/index.ts';
import { RegistryError, UploadRangeError } from '../errors.ts';
import { OCTET_STREAM } from '../media-types.ts';
import type { UploadState } from '../ports.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { UploadStore } from '../storage/upload-store.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** Bytes of a request and where the client says that they belong. */
export interface Chunk {
  readonly body: AsyncIterable<Uint8Array>;
  /** Where the client says that the bytes lie, 0-based, end exclusive; `undefined` when it did not say. */
  readonly range?: { readonly start: number; readonly end: number } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What an upload works on. */
export interface UploadRooms {
  readonly blobs: BlobStore;
  readonly uploads: UploadStore;
  readonly sessions: UploadSessions;
}

/** What an upload begins with. */
export interface UploadStart {
  readonly state: Omit<UploadState, 'offset'>;
  /** `undefined` when the content is committed and only the finish is missing. */
  readonly writer: DriverWriter | undefined;
  readonly lock: AsyncDisposable;
  /** Bytes of a committed content. */
  readonly committedSize?: number;
  /** The algorithm that the client will probably finish with. */
  readonly algorithm?: string | undefined;
  /** Whether another request can go on with the upload; otherwise it is removed unless it is finished. */
  readonly resumable?: boolean;
}

/**
 * The write side of a blob, held by one request at a time. Disposing it leaves a resumable upload with all
 * bytes that were taken, or nothing when no other request could go on with it.
 */
export class LayerUpload implements AsyncDisposable {
  readonly #rooms: UploadRooms;
  readonly #start: UploadStart;
  #digester: Digester | undefined;
  #finished = false;

  constructor(rooms: UploadRooms, start: UploadStart) {
    this.#rooms = rooms;
    this.#start = start;
    this.#digester = rooms.sessions.digester(start.state.uuid, this.size, start.algorithm);
    rooms.sessions.announce(start.state.uuid, () => this.size);
  }

  /** Bytes so far. */
  get size(): number {
    return this.#start.writer?.size ?? this.#start.committedSize ?? 0;
  }

  /** What a token for this upload says now. */
  get state(): UploadState {
    return { ...this.#start.state, offset: this.size };
  }

  /**
   * Takes the bytes of a chunk. When the body breaks off, what came is kept, and the error of the body is thrown.
   * @throws UploadRangeError when the chunk does not begin where the upload ends; nothing was taken
   * @throws RegistryError `SIZE_INVALID` when the body was not as long as the range; what came is kept
   */
  async append({ body, range, signal }: Chunk): Promise<void> {
    const { writer } = this.#start;
    const { size } = this;
    if (writer === undefined || (range !== undefined && (range.start !== size || range.end < range.start))) {
      throw new UploadRangeError(this.state, {
        reason: 'a chunk must begin where the upload ends',
        given: range?.start,
      });
    }
    await this.#take(writer, body, signal);
    if (range !== undefined && writer.size !== range.end) {
      throw new RegistryError('SIZE_INVALID', { expected: range.end - range.start, received: writer.size - size });
    }
  }

  /**
   * Makes the bytes a blob of the repository. Bytes that did not pass through this process are read once.
   * @throws RegistryError `DIGEST_INVALID` when they are others than `digest` names; the upload is then gone
   */
  async finish(digest: Digest): Promise<Descriptor> {
    const { blobs, uploads, sessions } = this.#rooms;
    const { state, writer } = this.#start;
    const { size } = this;
    const passed = this.#digester?.size === size && this.#digester.algorithm === algorithmOf(digest);
    if (passed) await this.#check(digest, this.#digester?.digest());
    await writer?.commit();
    if (!passed) await this.#check(digest, await this.#digestStored(digest));
    await blobs.adopt(uploads.contentPath(state.name, state.uuid), { digest, size });
    await blobs.link(state.name, digest);
    this.#finished = true;
    sessions.forget(state.uuid);
    await uploads.remove(state.name, state.uuid);
    return { mediaType: OCTET_STREAM, digest, size };
  }

  /** Removes the upload with everything it has. */
  async cancel(): Promise<void> {
    const { state, writer } = this.#start;
    this.#rooms.sessions.forget(state.uuid);
    await writer?.[Symbol.asyncDispose]();
    await this.#rooms.uploads.remove(state.name, state.uuid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { lock, resumable = true, writer } = this.#start;
    await using _lock = lock;
    await (resumable || this.#finished ? writer?.[Symbol.asyncDispose]() : this.cancel());
  }

  async #take(writer: DriverWriter, body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<void> {
    const digester = this.#digester;
    if (digester === undefined) return writer.append(body, { signal });
    let taking = true;
    async function* hashed(into: Digester): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const bytes of body) {
        // What a slow body still gives after an abort is not stored.
        if (!taking) return;
        into.update(bytes);
        yield bytes;
      }
    }
    try {
      await writer.append(hashed(digester), { signal });
    } finally {
      taking = false;
      if (digester.size !== writer.size) this.#forgetDigest();
    }
  }

  /** Bytes that were hashed but not stored would otherwise count for others that are stored in their place. */
  #forgetDigest(): void {
    this.#digester = undefined;
    this.#rooms.sessions.forget(this.#start.state.uuid);
  }

  async #digestStored(expected: Digest): Promise<Digest> {
    const { name, uuid } = this.#start.state;
    const verifier = new DigestVerifier(expected);
    const stream = await this.#rooms.uploads.read(name, uuid);
    for await (const bytes of stream as AsyncIterable<Uint8Array>) verifier.update(bytes);
    return verifier.digest();
  }

  async #check(digest: Digest, computed: Digest | undefined): Promise<void> {
    if (computed === digest) return;
    await this.cancel();
    throw new RegistryError('DIGEST_INVALID', { digest, computed, reason: 'the uploaded bytes have another digest' });
  }
}
