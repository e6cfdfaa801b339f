import type { Digest } from '../../digest/digest.ts';
import type { ReadOptions, ReadStream, RedirectOptions } from '../../driver/index.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import { RegistryError } from '../../model/errors.ts';
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

  async reader(): Promise<FileReader> {
    const { digest, size } = this.descriptor;
    const reader = await this.#blobs.reader(this.#content);
    if (reader.size === size) return reader;
    // The content can vanish while its link remains, and a missing file reads like an empty one.
    await reader.close();
    throw new RegistryError('BLOB_UNKNOWN', { digest });
  }

  redirectUrl(options: RedirectOptions): Promise<URL | undefined> {
    return this.#blobs.redirectUrl(this.#content, options);
  }
}
