import { allDone } from '../../async/all-done.ts';
import { algorithmOf, type Digest, storedAlgorithm } from '../../digest/digest.ts';
import { DriverError, type DriverWriter, type StoragePath } from '../../driver/index.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { RegistryError } from '../../model/errors.ts';
import { OCTET_STREAM } from '../../model/media-types.ts';
import { UploadRangeError, type UploadState } from '../../model/upload-state.ts';
import type { Lock } from '../../ports/locks.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { LookupMoment } from '../../storage/collection/lookup-moment.ts';
import type { CallContext } from '../call-context.ts';
import type { Chunk, LayerUpload } from '../layer-upload.ts';
import { BodyParts } from './body-parts.ts';
import { otherDigest } from './other-digest.ts';
import { unlock } from './unlock.ts';
import { type DigestDependencies, UploadDigest } from './upload-digest.ts';

/** The most bytes that must be read again if the process dies during a chunk. */
const BYTES_BETWEEN_STATES = 64 * 1024 * 1024;

/** The collaborators of an upload. */
export interface UploadDependencies extends DigestDependencies {
  readonly blobs: BlobStore;
}

/** The initial state of an upload. */
export interface LayerUploadOptions {
  readonly state: Omit<UploadState, 'offset'>;
  /** `undefined` when the content is committed and only needs to be finished. */
  readonly writer: DriverWriter | undefined;
  readonly lock: Lock;
  /** Looks up the state of the upload when another request has it. */
  readonly status: () => Promise<UploadState>;
  /**
   * Set for an upload without bytes whose start is not recorded yet. The start must be recorded before another request
   * can resume it: `early` together with the first bytes, so that they outlive a kill, or `late` when the request ends
   * without a blob.
   */
  readonly records?: 'early' | 'late' | undefined;
  /** The size of committed content, in bytes. */
  readonly committedSize?: number;
  /** Whether another request can resume the upload; otherwise it is removed unless it is finished. */
  readonly resumable?: boolean | undefined;
}

/**
 * The write side of a blob in a storage. Another request gets the upload when this one has lost its lock; if instances
 * share no locks, the storage driver alone decides.
 */
export class LocalLayerUpload implements LayerUpload {
  readonly #dependencies: UploadDependencies;
  readonly #options: LayerUploadOptions;
  readonly #digest: UploadDigest;
  #isCommitted = false;
  #recording: Promise<void> | undefined;
  #isOvertaken = false;
  #isOver = false;

  constructor(dependencies: UploadDependencies, start: LayerUploadOptions) {
    this.#dependencies = dependencies;
    this.#options = start;
    const { writer } = start;
    const algorithm = start.state.algorithm && storedAlgorithm(start.state.algorithm);
    this.#digest = new UploadDigest(dependencies, start.state, { algorithm, tookOver: writer?.tookOver });
    if (start.records !== undefined) this.#digest.begin();
    dependencies.sessions.announce(start.state.uuid, () => this.size);
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
    // It is awaited at the end in any case. Until then its rejection must not count as unhandled.
    if (this.#options.records === 'early') this.#record().catch(() => undefined);
    await this.#unlessOvertaken(() => this.#take(body, writer, signal));
    if (range !== undefined && writer.size !== range.end) {
      throw new RegistryError('SIZE_INVALID', { expected: range.end - range.start, received: writer.size - size });
    }
  }

  /**
   * Bytes that neither passed through this process nor are covered by a saved state are read once. For an alias all
   * bytes are read, and one more link is written. Otherwise at most two driver calls, and two for the link and the
   * cleanup.
   */
  async finish(digest: Digest): Promise<Descriptor> {
    const { blobs, sessions } = this.#dependencies;
    const { state } = this.#options;
    const { size } = this;
    await this.#unlessOvertaken(async () => {
      const content = await this.#digest.content(digest, size, () => this.#makeReadable());
      await this.#requireDigest(digest, size);
      // Link first: a link counts only if its content exists. In the other order, a process that dies between the two
      // steps would leave an upload without bytes and a repository without the blob.
      const moment = new LookupMoment();
      const remember = await blobs.link(state.name, digest, content);
      if (content !== digest) await blobs.link(state.name, content);
      await blobs.adopt(content, size, (path) => this.#moveTo(path));
      if (!moment.isLate) remember(size);
      else if (!(await blobs.linkLate(state.name, digest, content))) {
        await this.cancel();
        const reason = 'its content was removed while it was stored; upload it again';
        throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { uuid: state.uuid, reason });
      }
    });
    this.#isOver = true;
    sessions.end(state.uuid);
    await this.#removeAll();
    return { mediaType: OCTET_STREAM, digest, size };
  }

  /** Removes an upload with the wrong bytes, which nobody can use. */
  async #requireDigest(digest: Digest, size: number): Promise<void> {
    const expected = { digest, algorithm: algorithmOf(digest), size };
    try {
      const computed = await this.#digest.verify(expected, () => this.#makeReadable());
      if (computed !== digest) throw otherDigest(digest, computed);
    } catch (error) {
      if (RegistryError.is(error, 'DIGEST_INVALID')) await this.cancel();
      throw error;
    }
  }

  async cancel(): Promise<void> {
    const { state, writer } = this.#options;
    this.#isOver = true;
    this.#dependencies.sessions.end(state.uuid);
    // The writer first: disposing it shows whether another request has the upload by now.
    await this.#unlessOvertaken(async () => writer?.[Symbol.asyncDispose]());
    await this.#removeAll();
  }

  /** One driver call saves the digest state; two concurrent ones store the rest of a new upload. */
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
      await unlock(this.#options.lock, { isOver: this.#isOver });
    }
  }

  async #release(): Promise<void> {
    const isLeft = !this.#isOver && !this.#isOvertaken;
    const closed = Promise.resolve(this.#options.writer?.[Symbol.asyncDispose]());
    await allDone(isLeft ? [this.#record(), closed] : [closed]);
    if (isLeft) await this.#digest.save(this.size);
  }

  async #record(): Promise<void> {
    const { records, state } = this.#options;
    if (records === undefined) return;
    this.#recording ??= this.#dependencies.uploads.recordStart(state.name, state.uuid, state.startedAt);
    try {
      await this.#recording;
    } catch (error) {
      // The next call retries.
      this.#recording = undefined;
      throw error;
    }
  }

  async #removeAll(): Promise<void> {
    const { name, uuid } = this.#options.state;
    // A pending record would recreate the upload after its removal.
    await this.#recording?.catch(() => undefined);
    await this.#dependencies.uploads.remove(name, uuid);
  }

  /** @throws UploadRangeError with the current state when another request has taken the upload over */
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

  /** Makes the bytes readable, to verify them. */
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

  /** Writes a body in parts, and saves the digest state after each while the next one is written. */
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
      // Bytes that were hashed but not stored would corrupt the digest of a later append, possibly in another request.
      if (digester?.size !== writer.size) this.#digest.forget();
      await saving;
    }
  }
}

/** Whether the storage says that another request has the upload by now, or has finished or removed it. */
export function isTaken(error: unknown): boolean {
  return DriverError.is(error, 'conflict') || DriverError.is(error, 'not-found');
}
