import type { Digest } from '../../digest/digest.ts';
import type { ReadOptions, ReadStream, RedirectOptions } from '../../driver/index.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { FileReader } from '../../storage/file-reader.ts';

/** The read side of a blob that the repository has. */
export class Layer {
  readonly descriptor: Descriptor;
  readonly #blobs: BlobStore;
  readonly #content: Digest;

  /** @param content what the bytes are stored as */
  constructor(blobs: BlobStore, descriptor: Descriptor, content: Digest) {
    this.#blobs = blobs;
    this.descriptor = descriptor;
    this.#content = content;
  }

  /** The bytes from `start` (0-based) up to `end` (exclusive) as an already open stream. */
  open(options: ReadOptions = {}): Promise<ReadStream> {
    return this.#blobs.open(this.#content, { end: this.descriptor.size, ...options });
  }

  /** A seekable reader. */
  reader(): Promise<FileReader> {
    return this.#blobs.reader(this.#content);
  }

  /** Where a client can fetch the bytes itself; `undefined` when the driver gives no URL. */
  redirectUrl(options: RedirectOptions): Promise<URL | undefined> {
    return this.#blobs.redirectUrl(this.#content, options);
  }
}
