import type { Digest } from '../../digest/digest.ts';
import type { ReadOptions, ReadStream, RedirectOptions } from '../../driver/index.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { FileReader } from '../../storage/file-reader.ts';
import type { Layer } from '../layer.ts';

/** A blob in a storage. */
export class LocalLayer implements Layer {
  readonly descriptor: Descriptor;
  readonly #blobs: BlobStore;
  readonly #content: Digest;

  /** @param content the digest under which the bytes are stored */
  constructor(blobs: BlobStore, descriptor: Descriptor, content: Digest) {
    this.#blobs = blobs;
    this.descriptor = descriptor;
    this.#content = content;
  }

  open(options: ReadOptions = {}): Promise<ReadStream> {
    return this.#blobs.open(this.#content, { end: this.descriptor.size, ...options });
  }

  reader(): Promise<FileReader> {
    return this.#blobs.reader(this.#content);
  }

  redirectUrl(options: RedirectOptions): Promise<URL | undefined> {
    return this.#blobs.redirectUrl(this.#content, options);
  }
}
