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

/** What a {@link BlobUpload} works on. */
export interface BlobUploadDependencies {
  readonly layers: LayerService;
  readonly records: UploadRecords;
  /** An upload of the blob that the registry has begun already and nobody else uses; `undefined` when there is none any more. */
  readonly takeBegun?: () => LayerUpload | undefined;
}

/** What a registry has refused, remembered for its other uploads. */
export interface RequestLimits {
  /** Bytes of a request that it takes; `undefined` as long as none was refused. */
  chunkBytes?: number;
}

/** Which blob goes where. */
export interface BlobUploadOptions {
  readonly limits: RequestLimits;
  readonly repository: RepositoryName;
  readonly host: string;
  readonly blob: IncomingBlob;
  /** How long another request may keep an upload, in milliseconds, before a new one begins. */
  readonly patienceMs: number;
}

/** How many failures without progress an upload survives. */
const RETRIES = 4;
/** Blobs below this size are sent in one request, and their uploads are recorded in memory only, once one has failed. */
const MIN_RECORDED_BYTES = 1024 * 1024;

/**
 * The upload of one blob to a registry. It resumes an upload that is recorded, and records its own, so that it can be
 * resumed after whatever ends it. A refusal of all bytes in one request is followed by chunks.
 */
export class BlobUpload {
  readonly #dependencies: BlobUploadDependencies;
  readonly #options: BlobUploadOptions;
  /** `undefined` for a small blob that has not failed, so that nobody looks for a file for each. */
  #records: UploadRecords | undefined;
  readonly #key: { readonly host: string; readonly repository: RepositoryName; readonly digest: Digest };
  /** Of the newest attempt; `undefined`: all bytes in one request. */
  #chunkBytes: number | undefined;
  #wasResumed = false;
  readonly #patience: Patience;
  #isContested = false;
  /** An upload that another request kept for too long was given up. */
  #hasGivenUp = false;
  #bytes = 0;
  /** Bytes that the registry had when the newest attempt began. */
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

  /** @throws StoreError `damaged` when the registry says that the bytes are others than the digest names */
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
      // The answer to the last request may be all that was lost.
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
   * Waits where another request still writes to the upload: of a process that was killed a registry may get bytes for some
   * time. When that does not end, the upload is given up for a new one.
   * @returns whether the failure was that, and has been dealt with
   */
  async #waitsForOther(error: unknown, { signal }: CallContext): Promise<boolean> {
    if (!(error instanceof UploadRangeError) || this.#records === undefined || this.#hasGivenUp) return false;
    this.#isContested = true;
    if (await this.#patience.wait(signal)) return true;
    this.#hasGivenUp = true;
    await this.#records.remove(this.#key);
    return true;
  }

  /** Whether another way of sending may get past an error; it is then chosen. */
  #fallsBack(error: unknown): boolean {
    const { digest, size } = this.#options.blob.descriptor;
    // A registry that takes the bytes and names another digest is what is wrong, not the bytes.
    if (RegistryError.is(error, 'DIGEST_INVALID') && !(error instanceof TransferError)) {
      // The bytes of an earlier process may be the wrong ones.
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
      // The next attempt continues where this one broke, as that of a large blob.
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
    // A remote upload asks for the next chunk when the connection has taken this one.
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

/** An upload that can send all bytes and end in one request. */
interface OneRequestUpload extends LayerUpload {
  finishWith(chunk: Chunk, digest: Digest, context: CallContext): Promise<unknown>;
}

function finishesWith(upload: LayerUpload): upload is OneRequestUpload {
  return 'finishWith' in upload;
}
