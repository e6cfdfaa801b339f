import type { Digest } from '../../digest/digest.ts';
import type { Digester } from '../../digest/digester.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { OCTET_STREAM } from '../../model/media-types.ts';
import type { UploadState } from '../../model/upload-state.ts';
import type { Lock } from '../../ports/locks.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { UploadStore } from '../../storage/upload-store.ts';
import type { Chunk, LayerUpload } from '../layer-upload.ts';

/** What is left of an upload whose bytes have become a blob. */
export interface PublishedUploadOptions {
  /** How far the client believes the upload to be. */
  readonly state: UploadState;
  readonly lock: Lock;
  /**
   * The size in bytes of the blob, when the repository has it; otherwise the digester of all bytes before this request.
   */
  readonly evidence: number | Digester;
  /** The error for the client when its bytes turn out not to be those of the blob. */
  readonly refusal: unknown;
}

/**
 * An upload that is already finished: its client missed the answer and finishes it again. Nothing is stored twice,
 * because the bytes are the content of the blob by now. A repository that does not have the blob yet gets it only when
 * the bytes before this request, by their digest state, and those of this request are exactly the blob. So a client
 * cannot get a blob without having had its bytes.
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

  /** The size of the blob, where the repository has it; otherwise the bytes before this request and those of it. */
  get size(): number {
    const { evidence } = this.#options;
    return typeof evidence === 'number' ? evidence : evidence.size;
  }

  get state(): UploadState {
    return { ...this.#options.state, offset: this.size };
  }

  /** Reads the bytes that the client sends again; they are compared and not stored. */
  async append({ body }: Pick<Chunk, 'body'>): Promise<void> {
    const { evidence } = this.#options;
    for await (const bytes of body) {
      if (typeof evidence !== 'number') evidence.update(bytes);
    }
  }

  /**
   * Makes sure that the repository has the blob, and removes what is left of the upload. At most three driver calls.
   * @throws the refusal when these were not its bytes
   */
  async finish(digest: Digest): Promise<Descriptor> {
    const { state, evidence } = this.#options;
    const size = typeof evidence === 'number' ? evidence : await this.#link(evidence, digest);
    await this.#uploads.remove(state.name, state.uuid);
    return { mediaType: OCTET_STREAM, digest, size };
  }

  /** Removes what is left of the upload; the blob stays. */
  async cancel(): Promise<void> {
    const { name, uuid } = this.#options.state;
    await this.#uploads.remove(name, uuid);
  }

  /** Keeps nothing: another request finds out the same by itself. */
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
