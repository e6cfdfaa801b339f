import type { Digest } from '../../digest/digest.ts';
import type { Digester } from '../../digest/digester.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { OCTET_STREAM } from '../../model/media-types.ts';
import type { UploadState } from '../../model/upload-state.ts';
import type { Lock } from '../../ports/locks.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { UploadStore } from '../../storage/upload-store.ts';
import type { Chunk, LayerUpload } from '../layer-upload.ts';

/** The remains of an upload whose bytes have become a blob. */
export interface PublishedUploadOptions {
  /** The state of the upload, as the client believes. */
  readonly state: UploadState;
  readonly lock: Lock;
  /**
   * The size of the blob in bytes if the repository has it; otherwise the digester of all bytes before this request.
   */
  readonly evidence: number | Digester;
  /** The error for the client if its bytes are not those of the blob. */
  readonly refusal: unknown;
}

/**
 * An upload that is already finished: its client missed the answer and finishes it again. Nothing is stored twice,
 * because the bytes are the content of the blob by now. A repository that does not have the blob yet gets it only if
 * the bytes before this request, by their digest state, and those of this request are exactly the blob. So a client
 * cannot obtain a blob whose bytes it did not have.
 */
export class PublishedUpload implements LayerUpload {
  readonly #blobs: BlobStore;
  readonly #uploads: UploadStore;
  readonly #options: PublishedUploadOptions;

  constructor(
    dependencies: { readonly blobs: BlobStore; readonly uploads: UploadStore },
    options: PublishedUploadOptions,
  ) {
    this.#blobs = dependencies.blobs;
    this.#uploads = dependencies.uploads;
    this.#options = options;
  }

  /** The size of the blob if the repository has it; otherwise the bytes before and in this request. */
  get size(): number {
    const { evidence } = this.#options;
    return typeof evidence === 'number' ? evidence : evidence.size;
  }

  get state(): UploadState {
    return { ...this.#options.state, offset: this.size };
  }

  /** Reads the bytes that the client sends again, to compare them; they are not stored. */
  async append({ body }: Pick<Chunk, 'body'>): Promise<void> {
    const { evidence } = this.#options;
    for await (const bytes of body) {
      if (typeof evidence !== 'number') evidence.update(bytes);
    }
  }

  /**
   * Ensures that the repository has the blob, and removes the remains of the upload. At most three driver calls.
   * @throws the refusal when the bytes were not those of the blob
   */
  async finish(digest: Digest): Promise<Descriptor> {
    const { state, evidence } = this.#options;
    const size = typeof evidence === 'number' ? evidence : await this.#link(evidence, digest);
    await this.#uploads.remove(state.name, state.uuid);
    return { mediaType: OCTET_STREAM, digest, size };
  }

  /** Removes the remains of the upload; the blob stays. */
  async cancel(): Promise<void> {
    const { name, uuid } = this.#options.state;
    await this.#uploads.remove(name, uuid);
  }

  /** Stores nothing: another request arrives at the same result. */
  async close(): Promise<UploadState> {
    return this.state;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.lock[Symbol.asyncDispose]();
  }

  async #link(digester: Digester, digest: Digest): Promise<number> {
    const isBlob = digester.digest() === digest && (await this.#blobs.size(digest)) === digester.size;
    if (!isBlob) throw this.#options.refusal;
    const remember = await this.#blobs.link(this.#options.state.name, digest);
    remember(digester.size);
    return digester.size;
  }
}
