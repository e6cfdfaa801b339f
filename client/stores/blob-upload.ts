import type { Digest } from '../../core/digest/digest.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import { UploadRangeError, type UploadState } from '../../core/model/upload-state.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { LayerService } from '../../core/registry/layer-service.ts';
import type { Chunk, LayerUpload } from '../../core/registry/layer-upload.ts';
import { TransferError } from '../http/transfer-error.ts';
import { BodyChunks } from './body-chunks.ts';
import { nextChunkBytes } from './chunk-sizes.ts';
import { otherBytes } from './damaged-blob.ts';
import type { IncomingBlob } from './object-store.ts';
import { resumeUpload } from './resume-upload.ts';
import { Patience, Retries, ShortStreamError } from './transient.ts';
import { MemoryUploadRecords, type UploadRecords } from './upload-records.ts';

/** The dependencies of a {@link BlobUpload}. */
export interface BlobUploadDependencies {
  readonly layers: LayerService;
  readonly records: UploadRecords;
  /** Takes an unused upload of the blob that the registry has already begun; `undefined` when there is none left. */
  readonly takeBegun?: () => LayerUpload | undefined;
}

/** The limits that a registry has enforced, remembered for its other uploads. */
export interface RequestLimits {
  /** The size of a request that it accepts, in bytes; `undefined` while none was rejected. */
  chunkBytes?: number;
}

/** The blob to upload, and its target. */
export interface BlobUploadOptions {
  readonly limits: RequestLimits;
  readonly repository: RepositoryName;
  readonly host: string;
  readonly blob: IncomingBlob;
  /** How long another request may hold an upload, in milliseconds, before a new one begins. */
  readonly patienceMs: number;
}

/** How many failures without progress an upload survives. */
const RETRIES = 4;
/**
 * Blobs below this size are sent in one request; their uploads are recorded only in memory, and only after a failure.
 */
const MIN_RECORDED_BYTES = 1024 * 1024;

/**
 * Uploads one blob to a registry. It resumes a recorded upload, and records its own, so that it can be resumed after
 * any kind of interruption. If the registry rejects all bytes in one request, they are sent in chunks.
 */
export class BlobUpload {
  readonly #dependencies: BlobUploadDependencies;
  readonly #options: BlobUploadOptions;
  /** `undefined` for a small blob that has not failed, to avoid a file look-up for each. */
  #records: UploadRecords | undefined;
  readonly #key: { readonly host: string; readonly repository: RepositoryName; readonly digest: Digest };
  /** The chunk size of the newest attempt; `undefined` means all bytes in one request. */
  #chunkBytes: number | undefined;
  #wasResumed = false;
  readonly #patience: Patience;
  #isContested = false;
  /** Whether an upload that another request held for too long was given up. */
  #hasGivenUp = false;
  #bytes = 0;
  /** The number of bytes that the registry had when the newest attempt began. */
  #stored = 0;
  #failure: { readonly error: unknown } = { error: undefined };

  constructor(dependencies: BlobUploadDependencies, options: BlobUploadOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
    const { host, repository, blob, patienceMs } = options;
    this.#patience = new Patience(patienceMs);
    this.#key = { host, repository, digest: blob.descriptor.digest };
    this.#records = blob.descriptor.size < MIN_RECORDED_BYTES ? undefined : dependencies.records;
  }

  /** @throws StoreError `damaged` when the registry says that the bytes do not match the digest */
  async run(context: CallContext): Promise<void> {
    try {
      await this.#attempts(context);
    } catch (error) {
      await this.#records?.release(this.#key);
      throw error;
    }
    await this.#records?.remove(this.#key);
  }

  async #attempts(context: CallContext): Promise<void> {
    const retries = new Retries(RETRIES);
    while (!(await this.#attempt(context))) {
      const { error } = this.#failure;
      context.signal?.throwIfAborted();
      if (this.#fallsBack(error)) continue;
      if (!(await this.#waitsForOther(error, context))) await retries.waitAfter(error, this.#stored, context.signal);
      // Only the answer to the last request may have been lost.
      if (await this.#isThere(context)) break;
    }
  }

  async #attempt(context: CallContext): Promise<boolean> {
    try {
      await this.#upload(context);
      return true;
    } catch (error) {
      this.#failure = { error };
      return false;
    }
  }

  /**
   * Waits while another request still writes to the upload: a registry may receive bytes of a killed process for some
   * time. If that does not end, the upload is abandoned for a new one.
   * @returns whether the failure had this cause and was handled
   */
  async #waitsForOther(error: unknown, { signal }: CallContext): Promise<boolean> {
    if (!(error instanceof UploadRangeError) || this.#records === undefined || this.#hasGivenUp) return false;
    this.#isContested = true;
    if (await this.#patience.wait(signal)) return true;
    this.#hasGivenUp = true;
    await this.#records.remove(this.#key);
    return true;
  }

  /** Whether another way of sending may avoid an error; it is then selected. */
  #fallsBack(error: unknown): boolean {
    const { digest, size } = this.#options.blob.descriptor;
    // If the registry accepts the bytes but states another digest, the registry is wrong, not the bytes.
    if (RegistryError.is(error, 'DIGEST_INVALID') && !(error instanceof TransferError)) {
      // The bytes of an earlier process may be wrong.
      if (this.#wasResumed) {
        this.#wasResumed = false;
        return true;
      }
      throw otherBytes(digest, { cause: error });
    }
    const chunkBytes = nextChunkBytes(error, {
      size,
      before: this.#chunkBytes,
      least: this.#dependencies.layers.minChunkBytes,
    });
    if (chunkBytes === undefined) return false;
    const { limits } = this.#options;
    limits.chunkBytes = Math.min(chunkBytes, limits.chunkBytes ?? chunkBytes);
    this.#options.blob.report?.({ type: 'chunked', chunkBytes });
    return true;
  }

  async #isThere(context: CallContext): Promise<boolean> {
    return this.#dependencies.layers.exists(this.#options.repository, this.#key.digest, context);
  }

  async #upload(context: CallContext): Promise<void> {
    this.#chunkBytes = this.#options.limits.chunkBytes;
    await using upload = (await this.#resume(context)) ?? (await this.#begin(context));
    this.#bytes = upload.size;
    this.#stored = upload.size;
    try {
      await this.#finish(upload, context);
    } catch (error) {
      // The next attempt continues where this one broke, as for a large blob.
      this.#records ??= new MemoryUploadRecords();
      await this.#recordAfter(error, upload.state);
      throw error;
    }
  }

  async #recordAfter(error: unknown, state: UploadState): Promise<void> {
    if (RegistryError.is(error, 'DIGEST_INVALID')) await this.#records?.remove(this.#key);
    else await this.#record(state);
  }

  async #begin(context: CallContext): Promise<LayerUpload> {
    const { repository } = this.#options;
    const algorithm = this.#key.digest.slice(0, this.#key.digest.indexOf(':'));
    const { layers, takeBegun } = this.#dependencies;
    const upload = takeBegun?.() ?? (await layers.upload(repository, { algorithm }, context));
    await this.#record(upload.state);
    return upload;
  }

  async #resume(context: CallContext): Promise<LayerUpload | undefined> {
    const { blob, repository } = this.#options;
    const recorded = await this.#records?.find(this.#key);
    if (recorded === undefined) return undefined;
    const upload = await resumeUpload(
      this.#dependencies.layers,
      { repository, recorded, patience: this.#patience, isContested: this.#isContested },
      context,
    );
    if (upload === undefined) return undefined;
    if (upload.size <= blob.descriptor.size) {
      if (upload.size > 0) blob.report?.({ type: 'resumed', offset: upload.size });
      this.#wasResumed = upload.size > 0;
      return upload;
    }
    await using _ = upload;
    await upload.cancel(context);
    return undefined;
  }

  async #finish(upload: LayerUpload, context: CallContext): Promise<void> {
    const { size, digest } = this.#options.blob.descriptor;
    if (upload.size < size) {
      await using chunks = await this.#open(upload, context);
      if (upload.size === 0 && this.#records === undefined && finishesWith(upload)) {
        await upload.finishWith({ body: chunks.next(size), range: { start: 0, end: size } }, digest, context);
        return;
      }
      await this.#send(upload, chunks, context);
    }
    await upload.finish(digest, context);
  }

  async #open(upload: LayerUpload, context: CallContext): Promise<BodyChunks> {
    const { blob } = this.#options;
    // A remote upload requests the next chunk when the connection has taken this one.
    const isReused = finishesWith(upload);
    return new BodyChunks(await blob.open(upload.size, { ...context, isReused }), (bytes) => {
      context.signal?.throwIfAborted();
      this.#bytes += bytes;
      blob.report?.({ type: 'progress', bytes: this.#bytes });
    });
  }

  async #send(upload: LayerUpload, chunks: BodyChunks, context: CallContext): Promise<void> {
    const { size, digest } = this.#options.blob.descriptor;
    while (upload.size < size) {
      const start = upload.size;
      const end = Math.min(size, start + (this.#chunkBytes ?? size));
      await upload.append({ body: chunks.next(end - start), range: { start, end } }, context);
      if (upload.size !== end) {
        throw new ShortStreamError('damaged', `blob ${digest} ended after ${upload.size} of ${size} bytes`, {
          detail: { digest },
        });
      }
      if (end < size) await this.#record(upload.state);
    }
  }

  async #record(state: UploadState): Promise<void> {
    const { minChunkBytes } = this.#dependencies.layers;
    await this.#records?.save(this.#key, { ...state, ...(minChunkBytes > 0 && { minChunkBytes }) });
  }
}

/** An upload that can send all bytes and finish in one request. */
interface OneRequestUpload extends LayerUpload {
  finishWith(chunk: Chunk, digest: Digest, context: CallContext): Promise<unknown>;
}

function finishesWith(upload: LayerUpload): upload is OneRequestUpload {
  return 'finishWith' in upload;
}
