import { inject, injectable } from '../../di.ts';
import { algorithmOf, type Digest, digestAlgorithm } from '../../digest/digest.ts';
import { DriverError, type DriverWriter } from '../../driver/index.ts';
import { RegistryError } from '../../model/errors.ts';
import { createUploadId, type RepositoryName, type UploadId } from '../../model/reference.ts';
import { UploadRangeError, type UploadState } from '../../model/upload-state.ts';
import type { Lock } from '../../ports/locks.ts';
import { BlobStore } from '../../storage/blob-store.ts';
import { HashStateStore, type UploadKey } from '../../storage/hash-state-store.ts';
import { UploadStore } from '../../storage/upload-store.ts';
import type { CallContext } from '../call-context.ts';
import type { FinishedUpload, ResumedUpload, StatedUpload, UploadOptions } from '../layer-service.ts';
import type { LayerUpload } from '../layer-upload.ts';
import { FreshUpload } from './fresh-upload.ts';
import { KeptUpload } from './kept-upload.ts';
import { isTaken, LocalLayerUpload, type UploadDependencies } from './layer-upload.ts';
import { PublishedUpload } from './published-upload.ts';
import { TracedUpload } from './traced-upload.ts';
import { type KeptBytes, UploadMemory } from './upload-memory.ts';
import { UploadSessions } from './upload-sessions.ts';

const ADVANCED = 'the upload has advanced since this location was issued';
const BUSY = 'another request is writing to this upload';

/** An upload for one request, before it is known whether any of it is stored. */
interface OpenedUpload {
  readonly state: Omit<UploadState, 'offset'>;
  readonly lock: Lock;
  readonly resumable?: boolean;
  /** Whether its request is expected to end with a blob. */
  readonly isLast?: boolean;
}

/** Begins, resumes and reports the uploads in a storage. */
@injectable()
export class LayerUploads {
  readonly #dependencies: UploadDependencies;
  readonly #memory = new UploadMemory();

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

  /** No driver call. */
  async begin(name: RepositoryName, { algorithm, resumable = true }: UploadOptions = {}): Promise<LayerUpload> {
    // Not to send content in vain; what counts is the link.
    if (this.#dependencies.blobs.collections.isKnownToChange(name))
      await this.#dependencies.blobs.collections.requireUnchanging(name);
    if (algorithm !== undefined) digestAlgorithm(algorithm);
    // Whole seconds, as distribution writes them.
    const startedAt = new Date(Math.floor(Date.now() / 1000) * 1000);
    const uuid = createUploadId();
    // A new upload needs no lock: only its own request knows its id.
    const lock = { [Symbol.asyncDispose]: async () => this.#dependencies.sessions.conceal(uuid) };
    const state = { name, uuid, startedAt, algorithm };
    return this.#traced(this.#fresh({ state, lock, resumable, isLast: !resumable }));
  }

  /** Two or three driver calls; one for an upload that is not stored yet. */
  async resume(name: RepositoryName, upload: ResumedUpload): Promise<LayerUpload> {
    this.#memory.take(upload.uuid)?.held[Symbol.dispose]();
    return this.#traced(await this.#resume(name, upload, { isLast: false }));
  }

  async #resume(
    name: RepositoryName,
    { uuid, offset, algorithm, begunAt }: ResumedUpload,
    { isLast }: { readonly isLast: boolean },
  ): Promise<LayerUpload> {
    await using stack = new AsyncDisposableStack();
    const lock = stack.use(await this.#hold(name, { uuid, begunAt, offset }));
    const storedAt = await this.#dependencies.uploads.startedAt(name, uuid);
    const startedAt = storedAt ?? this.#unstoredSince({ uuid, begunAt });
    const opened = { state: { name, uuid, startedAt, algorithm }, lock, isLast };
    const upload = storedAt === undefined ? this.#fresh(opened) : await this.#open(opened, offset);
    stack.move();
    return upload;
  }

  /**
   * Costs no more driver calls than {@link resume} if the upload can be resumed, and none if its bytes are in memory as
   * well.
   */
  async resumeToFinish(name: RepositoryName, upload: FinishedUpload): Promise<LayerUpload> {
    const kept = this.#memory.take(upload.uuid);
    if (kept !== undefined && kept.held.size === upload.offset)
      return this.#traced(await this.#kept(name, upload, kept));
    kept?.held[Symbol.dispose]();
    return this.#traced(await this.#resumeOrPublished(name, upload));
  }

  async #kept(name: RepositoryName, upload: FinishedUpload, { held, startedAt }: KeptBytes): Promise<LayerUpload> {
    const { uuid, offset } = upload;
    using stack = new DisposableStack();
    stack.use(held);
    const lock = await this.#hold(name, upload);
    stack.move();
    const state = { name, uuid, startedAt, offset };
    const resume = (): Promise<LayerUpload> => this.#resumeOrPublished(name, upload);
    return new KeptUpload(this.#dependencies, { state, held, lock, resume });
  }

  async #resumeOrPublished(name: RepositoryName, { digest, ...upload }: FinishedUpload): Promise<LayerUpload> {
    const { uuid, offset } = upload;
    try {
      return await this.#resume(name, { ...upload, algorithm: algorithmOf(digest) }, { isLast: true });
    } catch (refusal) {
      const published = isElsewhere(refusal)
        ? await this.#published({ name, uuid, offset }, digest, refusal)
        : undefined;
      if (published === undefined) throw refusal;
      return published;
    }
  }

  /** One or two driver calls; one for an upload that is not stored, and a message to the other processes. */
  async status(name: RepositoryName, upload: StatedUpload, context?: CallContext): Promise<UploadState> {
    const { uuid } = upload;
    const storedAt = await this.#dependencies.uploads.startedAt(name, uuid, { signal: context?.signal });
    if (storedAt !== undefined) return { name, uuid, startedAt: storedAt, offset: await this.#sizeOf(name, uuid) };
    const startedAt = this.#unstoredSince(upload);
    const { sessions } = this.#dependencies;
    const offset = sessions.liveSize(uuid);
    if (offset === undefined && (await sessions.hasEndedAnywhere(uuid)))
      throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { uuid });
    return { name, uuid, startedAt, offset: offset ?? 0 };
  }

  #traced(upload: LayerUpload): LayerUpload {
    return new TracedUpload(upload, this.#dependencies.sessions.traces);
  }

  #fresh(opened: OpenedUpload): FreshUpload {
    const { blobs, sessions } = this.#dependencies;
    const { state, lock, resumable = true } = opened;
    const store = (): Promise<LayerUpload> => this.#openFirst(opened);
    return new FreshUpload({ blobs, sessions, memory: this.#memory }, { state, lock, store, resumable });
  }

  /** Begins to store an upload. The request that creates its writer owns the start; others resume what it stored. */
  async #openFirst(opened: OpenedUpload): Promise<LayerUpload> {
    const { name, uuid, startedAt } = opened.state;
    const { uploads } = this.#dependencies;
    try {
      const writer = await uploads.openFirst(name, uuid);
      const status = (): Promise<UploadState> => this.status(name, { uuid, begunAt: startedAt });
      const records = opened.isLast === true ? 'late' : 'early';
      return new LocalLayerUpload(this.#dependencies, { ...opened, status, writer, records });
    } catch (error) {
      if (!DriverError.is(error, 'conflict')) throw error;
      // The other request may have died before it recorded the start.
      await uploads.recordStart(name, uuid, startedAt);
      return this.#open(opened, 0);
    }
  }

  /** Opens the stored upload; if this fails, the caller still owns the lock. */
  async #open({ state, lock, resumable }: OpenedUpload, offset: number | undefined): Promise<LayerUpload> {
    const { name, uuid } = state;
    const { uploads } = this.#dependencies;
    await using stack = new AsyncDisposableStack();
    const writer = await this.#openWriter(name, uuid, offset);
    stack.defer(() => writer && closeUnused(writer));
    const committedSize = writer === undefined ? await uploads.size(name, uuid) : 0;
    const size = writer?.size ?? committedSize;
    if (offset !== undefined && offset !== size) {
      throw new UploadRangeError({ ...state, offset: size }, { reason: ADVANCED, given: offset });
    }
    if (writer?.tookOver) await this.#distrustBeyond({ name, uuid }, writer);
    const status = (): Promise<UploadState> => this.status(name, { uuid });
    const options = { state, status, writer, lock, committedSize, resumable };
    const upload = new LocalLayerUpload(this.#dependencies, options);
    stack.move();
    return upload;
  }

  /** The start of an upload that is not stored. */
  #unstoredSince({ uuid, begunAt }: StatedUpload): Date {
    if (begunAt !== undefined && !this.#dependencies.sessions.hasEnded(uuid)) return begunAt;
    throw new RegistryError('BLOB_UPLOAD_UNKNOWN', { uuid });
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

  /** The digester of the bytes that an upload had before they became a blob; `undefined` if it still has bytes. */
  async #digesterOf({ name, uuid, offset }: UploadKey & { offset: number }, algorithm: string) {
    const { uploads, hashStates } = this.#dependencies;
    if ((await uploads.size(name, uuid)) > 0) return undefined;
    const digester = await hashStates.newest({ name, uuid }, offset, algorithm);
    return digester?.size === offset ? digester : undefined;
  }

  async #openWriter(name: RepositoryName, uuid: UploadId, offset?: number): Promise<DriverWriter | undefined> {
    try {
      return await this.#dependencies.uploads.openWriter(name, uuid, offset);
    } catch (error) {
      if (!DriverError.is(error, 'conflict')) throw error;
      throw new UploadRangeError(await this.status(name, { uuid }), { reason: BUSY, given: offset });
    }
  }

  /** Without this mark, the next request would trust a digest state that the excluded request may still save. */
  async #distrustBeyond(key: UploadKey, writer: DriverWriter): Promise<void> {
    try {
      await this.#dependencies.hashStates.distrustBeyond(key, writer.size);
    } catch (error) {
      await writer.cancel();
      throw error;
    }
  }

  async #hold(name: RepositoryName, upload: ResumedUpload): Promise<Lock> {
    const lock = await this.#dependencies.sessions.tryAcquire(upload.uuid);
    if (lock !== undefined) return lock;
    const state = await this.status(name, upload).catch((error: unknown) => {
      if (!RegistryError.is(error, 'BLOB_UPLOAD_UNKNOWN')) throw error;
      // The other request is about to end it.
      return { name, uuid: upload.uuid, startedAt: upload.begunAt ?? new Date(0), offset: upload.offset ?? 0 };
    });
    throw new UploadRangeError(state, { reason: BUSY });
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

/** Whether the upload is gone, or its size differs from what the client believes; a lock does not count. */
function isElsewhere(error: unknown): boolean {
  if (error instanceof UploadRangeError) return error.detail?.['reason'] === ADVANCED;
  return RegistryError.is(error, 'BLOB_UPLOAD_UNKNOWN');
}

/** Closes an unused writer; another request may have the upload by now. */
async function closeUnused(writer: DriverWriter): Promise<void> {
  try {
    await writer[Symbol.asyncDispose]();
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
}
