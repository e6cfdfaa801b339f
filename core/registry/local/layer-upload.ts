import { algorithmOf, type Digest } from '../../digest/digest.ts';
import { DriverError, type DriverWriter, type StoragePath } from '../../driver/index.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { RegistryError } from '../../model/errors.ts';
import { OCTET_STREAM } from '../../model/media-types.ts';
import { UploadRangeError, type UploadState } from '../../model/upload-state.ts';
import type { Lock } from '../../ports/locks.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { CallContext } from '../call-context.ts';
import type { Chunk, LayerUpload } from '../layer-upload.ts';
import { BodyParts } from './body-parts.ts';
import { type DigestDependencies, UploadDigest } from './upload-digest.ts';

/** How many bytes at most are read again when the process dies while it takes a chunk. */
const BYTES_BETWEEN_STATES = 64 * 1024 * 1024;

/** What an upload works on. */
export interface UploadDependencies extends DigestDependencies {
  readonly blobs: BlobStore;
}

/** What an upload begins with. */
export interface LayerUploadOptions {
  readonly state: Omit<UploadState, 'offset'>;
  /** `undefined` when the content is committed and only the finish is missing. */
  readonly writer: DriverWriter | undefined;
  readonly lock: Lock;
  /** How far the upload is, when another request has it. */
  readonly status: () => Promise<UploadState>;
  /** It has just been created. */
  readonly isNew?: boolean;
  /** Bytes of a committed content. */
  readonly committedSize?: number;
  /** The algorithm that the client will probably finish with. */
  readonly algorithm?: string | undefined;
  /** Whether another request can resume the upload; otherwise it is removed unless it is finished. */
  readonly resumable?: boolean;
}

/**
 * The write side of a blob in a storage. Another request gets the upload when this one has lost its lock, or by the
 * storage driver alone where instances share no locks.
 */
export class LocalLayerUpload implements LayerUpload {
  readonly #dependencies: UploadDependencies;
  readonly #options: LayerUploadOptions;
  readonly #digest: UploadDigest;
  #isCommitted = false;
  #isOvertaken = false;
  #isOver = false;

  constructor(dependencies: UploadDependencies, options: LayerUploadOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
    const { algorithm, writer } = options;
    this.#digest = new UploadDigest(dependencies, options.state, { algorithm, tookOver: writer?.tookOver });
    // No other request knows a new upload, so none can ask for its size.
    if (options.isNew) this.#digest.begin();
    else dependencies.sessions.announce(options.state.uuid, () => this.size);
  }

  get size(): number {
    return this.#options.writer?.size ?? this.#options.committedSize ?? 0;
  }

  get state(): UploadState {
    return { ...this.#options.state, offset: this.size };
  }

  async append({ body, range }: Chunk, { signal }: CallContext = {}): Promise<void> {
    const { writer } = this.#options;
    const { size } = this;
    if (writer === undefined || (range !== undefined && (range.start !== size || range.end < range.start))) {
      throw new UploadRangeError(this.state, {
        reason: 'a chunk must begin where the upload ends',
        given: range?.start,
      });
    }
    await this.#unlessOvertaken(() => this.#take(body, writer, signal));
    if (range !== undefined && writer.size !== range.end) {
      throw new RegistryError('SIZE_INVALID', { expected: range.end - range.start, received: writer.size - size });
    }
  }

  /**
   * Bytes that neither passed through this process nor are covered by a saved state are read once. Otherwise at most
   * two driver calls, and two for the link and for tidying up.
   */
  async finish(digest: Digest): Promise<Descriptor> {
    const { blobs, uploads, sessions } = this.#dependencies;
    const { state } = this.#options;
    const { size } = this;
    await this.#unlessOvertaken(async () => {
      const expected = { digest, algorithm: algorithmOf(digest), size };
      const computed = await this.#digest.verify(expected, () => this.#makeReadable());
      if (computed !== digest) {
        await this.cancel();
        const reason = 'the uploaded bytes have another digest';
        throw new RegistryError('DIGEST_INVALID', { digest, computed, reason });
      }
      await blobs.adopt(digest, size, (path) => this.#moveTo(path));
    });
    await blobs.link(state.name, digest);
    this.#isOver = true;
    sessions.forget(state.uuid);
    await uploads.remove(state.name, state.uuid);
    return { mediaType: OCTET_STREAM, digest, size };
  }

  async cancel(): Promise<void> {
    const { state, writer } = this.#options;
    this.#isOver = true;
    this.#dependencies.sessions.forget(state.uuid);
    // The writer first: it shows whether another request has the upload by now.
    await this.#unlessOvertaken(async () => writer?.[Symbol.asyncDispose]());
    await this.#dependencies.uploads.remove(state.name, state.uuid);
  }

  /** One driver call keeps the state of its digest. */
  async close(): Promise<UploadState> {
    const { state } = this;
    await this.#unlessOvertaken(() => this.#release());
    return state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { resumable = true } = this.#options;
    try {
      if (!resumable && !this.#isOver && !this.#isOvertaken) await this.cancel();
      await this.#release();
    } catch (error) {
      // Another request has taken the upload over, so this one has nothing to close.
      if (!isTaken(error)) throw error;
    } finally {
      await this.#unlock();
    }
  }

  async #unlock(): Promise<void> {
    const unlocked = Promise.resolve(this.#options.lock[Symbol.asyncDispose]());
    // No request waits for the lock of an upload that is over; a lock that cannot be released expires.
    if (this.#isOver) unlocked.catch(() => undefined);
    else await unlocked;
  }

  async #release(): Promise<void> {
    await this.#options.writer?.[Symbol.asyncDispose]();
    if (!this.#isOver && !this.#isOvertaken) await this.#digest.save(this.size);
  }

  /** @throws UploadRangeError with the present state when another request has taken the upload over */
  async #unlessOvertaken(action: () => Promise<void>): Promise<void> {
    const { lock, state, status } = this.#options;
    let cause: unknown;
    try {
      lock.lost?.throwIfAborted();
      if (!this.#isOvertaken) return await action();
    } catch (error) {
      if (lock.lost?.aborted !== true && !isTaken(error)) throw error;
      cause = error;
    }
    this.#isOvertaken = true;
    this.#digest.forget();
    this.#dependencies.sessions.conceal(state.uuid);
    throw new UploadRangeError(await status(), { reason: 'another request has resumed this upload' }, { cause });
  }

  /** Lets the bytes be read, for verifying them. */
  async #makeReadable(): Promise<void> {
    if (!this.#dependencies.uploads.showsUncommitted) await this.#commit();
  }

  async #moveTo(path: StoragePath): Promise<void> {
    const { uploads } = this.#dependencies;
    const { state, writer, lock } = this.#options;
    lock.lost?.throwIfAborted();
    if (writer !== undefined && !this.#isCommitted && uploads.commitsElsewhere) {
      await writer.commit(path);
      return;
    }
    await this.#commit();
    await uploads.move(state.name, state.uuid, path);
  }

  async #commit(): Promise<void> {
    if (this.#isCommitted) return;
    await this.#options.writer?.commit();
    this.#isCommitted = true;
  }

  /** Writes a body in parts, and keeps the state of the digest after each while the next one is written. */
  async #take(body: AsyncIterable<Uint8Array>, writer: DriverWriter, signal: AbortSignal | undefined): Promise<void> {
    const { lost } = this.#options.lock;
    const ends = lost === undefined || signal === undefined ? (signal ?? lost) : AbortSignal.any([signal, lost]);
    const digester = await this.#digest.at(writer.size, { signal: ends });
    using parts = new BodyParts(body, digester);
    let saving: Promise<void> | undefined;
    try {
      await writer.append(parts.next(BYTES_BETWEEN_STATES), { signal: ends });
      while (!parts.hasEnded) {
        saving = this.#options.resumable === false ? undefined : this.#digest.save(writer.size);
        await writer.append(parts.next(BYTES_BETWEEN_STATES), { signal: ends });
        await saving;
      }
    } finally {
      // Bytes that were hashed but not stored would make a wrong digest of a later append, also of another request.
      if (digester?.size !== writer.size) this.#digest.forget();
      await saving;
    }
  }
}

/** Whether the storage says that another request has the upload by now, or has finished or removed it. */
export function isTaken(error: unknown): boolean {
  return DriverError.is(error, 'conflict') || DriverError.is(error, 'not-found');
}
