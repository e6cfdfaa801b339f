import { inject, injectable } from '../../di.ts';
import { algorithmOf, type Digest, digestAlgorithm } from '../../digest/digest.ts';
import { type CallOptions, DriverError, type DriverWriter } from '../../driver/index.ts';
import { RegistryError } from '../../model/errors.ts';
import { createUploadId, type RepositoryName, type UploadId } from '../../model/reference.ts';
import { UploadRangeError, type UploadState } from '../../model/upload-state.ts';
import type { Lock } from '../../ports/locks.ts';
import { BlobStore } from '../../storage/blob-store.ts';
import { HashStateStore, type UploadKey } from '../../storage/hash-state-store.ts';
import { UploadStore } from '../../storage/upload-store.ts';
import type { CallContext } from '../call-context.ts';
import type { FinishedUpload, ResumedUpload, UploadOptions } from '../layer-service.ts';
import type { LayerUpload } from '../layer-upload.ts';
import { isTaken, LocalLayerUpload, type UploadDependencies } from './layer-upload.ts';
import { PublishedUpload } from './published-upload.ts';
import { UploadSessions } from './upload-sessions.ts';

/** A new upload needs no lock: only its own request knows its id. */
const UNKNOWN_TO_OTHERS: Lock = { [Symbol.asyncDispose]: async () => undefined };
const ADVANCED = 'the upload has advanced since this location was issued';
const BUSY = 'another request is writing to this upload';

/** The uploads in a storage: beginning, resuming, asking. */
@injectable()
export class LayerUploads {
  readonly #dependencies: UploadDependencies;

  constructor(
    @inject(BlobStore) blobs: BlobStore,
    @inject(UploadStore) uploads: UploadStore,
    @inject(HashStateStore) hashStates: HashStateStore,
    @inject(UploadSessions) sessions: UploadSessions,
  ) {
    this.#dependencies = { blobs, uploads, hashStates, sessions };
  }

  get minChunkBytes(): number {
    return this.#dependencies.uploads.minChunkBytes;
  }

  /** Two driver calls. */
  async begin(name: RepositoryName, options: UploadOptions = {}): Promise<LayerUpload> {
    if (options.algorithm !== undefined) digestAlgorithm(options.algorithm);
    const uuid = createUploadId();
    await using stack = new AsyncDisposableStack();
    const { startedAt, writer } = await this.#dependencies.uploads.create(name, uuid);
    stack.use(writer);
    const upload = new LocalLayerUpload(this.#dependencies, {
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

  /** Two or three driver calls. */
  async resume(name: RepositoryName, { uuid, offset, algorithm }: ResumedUpload): Promise<LayerUpload> {
    const { uploads } = this.#dependencies;
    await using stack = new AsyncDisposableStack();
    const lock = stack.use(await this.#hold(name, uuid));
    const startedAt = await this.#startedAt(name, uuid);
    const writer = await this.#openWriter(name, uuid, offset);
    stack.defer(() => writer && closeUnused(writer));
    const committedSize = writer === undefined ? await uploads.size(name, uuid) : 0;
    const size = writer?.size ?? committedSize;
    if (offset !== undefined && offset !== size) {
      throw new UploadRangeError({ name, uuid, startedAt, offset: size }, { reason: ADVANCED, given: offset });
    }
    if (writer?.tookOver) await this.#distrustBehind({ name, uuid }, writer);
    const status = (): Promise<UploadState> => this.status(name, uuid);
    const options = { state: { name, uuid, startedAt }, status, writer, lock, committedSize, algorithm };
    const upload = new LocalLayerUpload(this.#dependencies, options);
    stack.move();
    return upload;
  }

  /** Costs no further driver call where the upload can be resumed. */
  async resumeToFinish(name: RepositoryName, { uuid, offset, digest }: FinishedUpload): Promise<LayerUpload> {
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

  async status(name: RepositoryName, uuid: UploadId, context?: CallContext): Promise<UploadState> {
    const startedAt = await this.#startedAt(name, uuid, { signal: context?.signal });
    return { name, uuid, startedAt, offset: await this.#sizeOf(name, uuid) };
  }

  async #published(
    key: UploadKey & { readonly offset: number },
    digest: Digest,
    refusal: unknown,
  ): Promise<PublishedUpload | undefined> {
    const { blobs, sessions } = this.#dependencies;
    await using stack = new AsyncDisposableStack();
    const lock = await sessions.tryAcquire(key.uuid);
    if (lock === undefined) return undefined;
    stack.use(lock);
    const evidence = (await blobs.find(key.name, digest))?.size ?? (await this.#digesterOf(key, algorithmOf(digest)));
    if (evidence === undefined) return undefined;
    stack.move();
    const { startedAt } = refusal instanceof UploadRangeError ? refusal.state : { startedAt: new Date(0) };
    return new PublishedUpload(this.#dependencies, { state: { ...key, startedAt }, lock, evidence, refusal });
  }

  /** The digester of the bytes that an upload had before they became a blob; `undefined` also while it has bytes. */
  async #digesterOf({ name, uuid, offset }: UploadKey & { offset: number }, algorithm: string) {
    const { uploads, hashStates } = this.#dependencies;
    if ((await uploads.size(name, uuid)) > 0) return undefined;
    const digester = await hashStates.newest({ name, uuid }, offset, algorithm);
    return digester?.size === offset ? digester : undefined;
  }

  async #startedAt(name: RepositoryName, uuid: UploadId, options?: CallOptions): Promise<Date> {
    const startedAt = await this.#dependencies.uploads.startedAt(name, uuid, options);
    if (startedAt === undefined) throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { uuid });
    return startedAt;
  }

  async #openWriter(name: RepositoryName, uuid: UploadId, offset?: number): Promise<DriverWriter | undefined> {
    try {
      return await this.#dependencies.uploads.openWriter(name, uuid, offset);
    } catch (error) {
      if (!DriverError.is(error, 'conflict')) throw error;
      throw new UploadRangeError(await this.status(name, uuid), { reason: BUSY, given: offset });
    }
  }

  /** Without this mark, the next request would trust a digest state that the excluded request may still save. */
  async #distrustBehind(key: UploadKey, writer: DriverWriter): Promise<void> {
    try {
      await this.#dependencies.hashStates.distrustBehind(key, writer.size);
    } catch (error) {
      await writer.cancel();
      throw error;
    }
  }

  async #hold(name: RepositoryName, uuid: UploadId): Promise<Lock> {
    const lock = await this.#dependencies.sessions.tryAcquire(uuid);
    if (lock !== undefined) return lock;
    throw new UploadRangeError(await this.status(name, uuid), { reason: BUSY });
  }

  async #sizeOf(name: RepositoryName, uuid: UploadId): Promise<number> {
    const live = this.#dependencies.sessions.liveSize(uuid);
    if (live !== undefined) return live;
    try {
      return await this.#dependencies.uploads.size(name, uuid);
    } catch (error) {
      // Another request has just finished or removed it.
      if (DriverError.is(error, 'not-found')) return 0;
      throw error;
    }
  }
}

/** Whether the upload is gone, or has another size than the client believes; not whether it is locked. */
function isElsewhere(error: unknown): boolean {
  if (error instanceof UploadRangeError) return error.detail?.['reason'] === ADVANCED;
  return RegistryError.is(error, 'BLOB_UPLOAD_UNKNOWN');
}

/** Closes a writer that was not used; it does no harm that another request has the upload by now. */
async function closeUnused(writer: DriverWriter): Promise<void> {
  try {
    await writer[Symbol.asyncDispose]();
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
}
