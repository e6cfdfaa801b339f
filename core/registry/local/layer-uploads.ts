import { BLOB_STORE, HASH_STATE_STORE, inject, injectable, UPLOAD_SESSIONS, UPLOAD_STORE } from '../../di.ts';
import { algorithmOf, type Digest, digestAlgorithm } from '../../digest/digest.ts';
import { DriverError, type DriverWriter } from '../../driver/index.ts';
import { RegistryError } from '../../model/errors.ts';
import { createUploadId, type RepositoryName, type UploadId } from '../../model/reference.ts';
import type { UploadState } from '../../model/upload-state.ts';
import { UploadRangeError } from '../../model/upload-state.ts';
import type { Lock } from '../../ports/locks.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { HashStateStore, UploadKey } from '../../storage/hash-state-store.ts';
import type { UploadStore } from '../../storage/upload-store.ts';
import { isTaken, LayerUpload, type LayerUploadOptions, type UploadDependencies } from './layer-upload.ts';
import { PublishedUpload } from './published-upload.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** Nobody else knows the id of an upload before its first request has ended. */
const UNKNOWN_TO_OTHERS: Lock = { [Symbol.asyncDispose]: async () => undefined };
const GONE_ON = 'the upload has gone on since this location was given';
const BUSY = 'another request is writing to this upload';

/** How an upload begins. */
export type UploadOptions = Pick<LayerUploadOptions, 'algorithm' | 'resumable'>;

/** The uploads of repositories: beginning, resuming, asking. */
@injectable()
export class LayerUploads {
  readonly #rooms: UploadDependencies;

  constructor(
    @inject(BLOB_STORE) blobs: BlobStore,
    @inject(UPLOAD_STORE) uploads: UploadStore,
    @inject(HASH_STATE_STORE) hashStates: HashStateStore,
    @inject(UPLOAD_SESSIONS) sessions: UploadSessions,
  ) {
    this.#rooms = { blobs, uploads, hashStates, sessions };
  }

  /** The smallest chunk in bytes, but for the last, that clients should send; 0 for any. */
  get minChunkBytes(): number {
    return this.#rooms.uploads.minChunkBytes;
  }

  /**
   * Begins an upload. Two driver calls.
   * @param options.algorithm the digest algorithm that the client will probably finish with
   * @param options.resumable whether the client learns how to go on with it; by default it does
   * @throws RegistryError `DIGEST_INVALID` when there is no such algorithm
   */
  async begin(name: RepositoryName, options: UploadOptions = {}): Promise<LayerUpload> {
    if (options.algorithm !== undefined) digestAlgorithm(options.algorithm);
    const uuid = createUploadId();
    await using stack = new AsyncDisposableStack();
    const { startedAt, writer } = await this.#rooms.uploads.create(name, uuid);
    stack.use(writer);
    const upload = new LayerUpload(this.#rooms, {
      state: { name, uuid, startedAt },
      status: () => this.status(name, uuid),
      writer,
      lock: UNKNOWN_TO_OTHERS,
      isNew: true,
      ...options,
    });
    stack.move();
    return upload;
  }

  /**
   * Goes on with an upload, also with one that another instance began. Two or three driver calls.
   * @param state.offset when given, how many bytes the caller thinks that the upload has
   * @throws RegistryError `BLOB_UPLOAD_UNKNOWN`
   * @throws UploadRangeError when the upload has another size, or when another request is writing to it
   */
  async resume(
    name: RepositoryName,
    state: { readonly uuid: UploadId; readonly offset?: number; readonly algorithm?: string | undefined },
  ): Promise<LayerUpload> {
    const { uploads } = this.#rooms;
    const { uuid, offset, algorithm } = state;
    await using stack = new AsyncDisposableStack();
    const lock = stack.use(await this.#hold(name, uuid));
    const startedAt = await this.#startedAt(name, uuid);
    const writer = await this.#openWriter(name, uuid, offset);
    stack.defer(() => writer && closeUnused(writer));
    const committedSize = writer === undefined ? await uploads.size(name, uuid) : 0;
    const size = writer?.size ?? committedSize;
    if (offset !== undefined && offset !== size) {
      throw new UploadRangeError({ name, uuid, startedAt, offset: size }, { reason: GONE_ON, given: offset });
    }
    if (writer?.tookOver) await this.#distrustBehind({ name, uuid }, writer);
    const status = (): Promise<UploadState> => this.status(name, uuid);
    const start = { state: { name, uuid, startedAt }, status, writer, lock, committedSize, algorithm };
    const upload = new LayerUpload(this.#rooms, start);
    stack.move();
    return upload;
  }

  /**
   * Like {@link resume}, to finish the upload as `digest`. One that was finished before is finished once more: when the
   * repository has the blob, whatever has become of the upload, and when the server died between storing the blob and
   * giving it to the repository. Costs no further driver call where the upload can be resumed.
   */
  async resumeToFinish(
    name: RepositoryName,
    { uuid, offset, digest }: { readonly uuid: UploadId; readonly offset: number; readonly digest: Digest },
  ): Promise<LayerUpload | PublishedUpload> {
    try {
      return await this.resume(name, { uuid, offset, algorithm: algorithmOf(digest) });
    } catch (refusal) {
      const published = isElsewhere(refusal)
        ? await this.#published({ name, uuid, offset }, digest, refusal)
        : undefined;
      if (published === undefined) throw refusal;
      return published;
    }
  }

  /**
   * How far an upload is; also while it is being written.
   * @throws RegistryError `BLOB_UPLOAD_UNKNOWN`
   */
  async status(name: RepositoryName, uuid: UploadId): Promise<UploadState> {
    const startedAt = await this.#startedAt(name, uuid);
    return { name, uuid, startedAt, offset: await this.#sizeOf(name, uuid) };
  }

  async #published(
    key: UploadKey & { readonly offset: number },
    digest: Digest,
    refusal: unknown,
  ): Promise<PublishedUpload | undefined> {
    const { blobs, sessions } = this.#rooms;
    await using stack = new AsyncDisposableStack();
    const lock = await sessions.tryHold(key.uuid);
    if (lock === undefined) return undefined;
    stack.use(lock);
    const evidence = (await blobs.find(key.name, digest))?.size ?? (await this.#digesterOf(key, algorithmOf(digest)));
    if (evidence === undefined) return undefined;
    stack.move();
    const { startedAt } = refusal instanceof UploadRangeError ? refusal.state : { startedAt: new Date(0) };
    return new PublishedUpload(this.#rooms, { state: { ...key, startedAt }, lock, evidence, refusal });
  }

  /** What has seen the bytes that an upload had before they were taken from it; `undefined` also while it has bytes. */
  async #digesterOf({ name, uuid, offset }: UploadKey & { offset: number }, algorithm: string) {
    const { uploads, hashStates } = this.#rooms;
    if ((await uploads.size(name, uuid)) > 0) return undefined;
    const digester = await hashStates.newest({ name, uuid }, offset, algorithm);
    return digester?.size === offset ? digester : undefined;
  }

  async #startedAt(name: RepositoryName, uuid: UploadId): Promise<Date> {
    const startedAt = await this.#rooms.uploads.startedAt(name, uuid);
    if (startedAt === undefined) throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { uuid });
    return startedAt;
  }

  async #openWriter(name: RepositoryName, uuid: UploadId, offset?: number): Promise<DriverWriter | undefined> {
    try {
      return await this.#rooms.uploads.openWriter(name, uuid, offset);
    } catch (error) {
      if (!DriverError.is(error, 'conflict')) throw error;
      throw new UploadRangeError(await this.status(name, uuid), { reason: BUSY, given: offset });
    }
  }

  /** Closed without this mark, the upload would let the next request believe what the excluded one still saves. */
  async #distrustBehind(key: UploadKey, writer: DriverWriter): Promise<void> {
    try {
      await this.#rooms.hashStates.distrustBehind(key, writer.size);
    } catch (error) {
      await writer.cancel();
      throw error;
    }
  }

  async #hold(name: RepositoryName, uuid: UploadId): Promise<Lock> {
    const lock = await this.#rooms.sessions.tryHold(uuid);
    if (lock !== undefined) return lock;
    throw new UploadRangeError(await this.status(name, uuid), { reason: BUSY });
  }

  async #sizeOf(name: RepositoryName, uuid: UploadId): Promise<number> {
    const live = this.#rooms.sessions.liveSize(uuid);
    if (live !== undefined) return live;
    try {
      return await this.#rooms.uploads.size(name, uuid);
    } catch (error) {
      // Finished or removed by somebody else a moment ago.
      if (DriverError.is(error, 'not-found')) return 0;
      throw error;
    }
  }
}

/** Whether the upload is gone, or is not where the client believes; not that somebody else is at work on it. */
function isElsewhere(error: unknown): boolean {
  if (error instanceof UploadRangeError) return error.detail?.['reason'] === GONE_ON;
  return RegistryError.is(error, 'BLOB_UPLOAD_UNKNOWN');
}

/** That somebody else has the upload by now does no harm. */
async function closeUnused(writer: DriverWriter): Promise<void> {
  try {
    await writer[Symbol.asyncDispose]();
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
}
