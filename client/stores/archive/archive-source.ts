import type { Digest } from '../../../core/digest/digest.ts';
import type { Descriptor } from '../../../core/model/descriptor.ts';
import type { Reference, Tag } from '../../../core/model/reference.ts';
import type { CallContext } from '../../../core/registry/call-context.ts';
import type { StoredManifest } from '../../../core/registry/manifest-service.ts';
import type { LayoutFiles } from '../layout/layout-files.ts';
import { LayoutReader } from '../layout/layout-reader.ts';
import type { ImageName, ObjectStore, ReadContext } from '../object-store.ts';
import { StoreError } from '../store-error.ts';
import { ArchiveFiles } from './archive-files.ts';
import { DockerArchiveFiles } from './docker-archive-files.ts';

/**
 * The images of a tar archive: an OCI image layout, or what `docker save` writes. Nothing is unpacked; any part of a
 * blob can be read. An archive is written as a whole, by an {@link ArchiveTarget}.
 */
export class ArchiveSource implements ObjectStore {
  readonly label: string;
  readonly #files: LayoutFiles;
  readonly #reader: LayoutReader;

  private constructor(files: LayoutFiles, label: string) {
    this.#files = files;
    this.label = label;
    this.#reader = new LayoutReader(files, label);
  }

  /**
   * Reads the headers of an archive, and the compressed layers if it states no digests for them.
   * @throws StoreError `not-found`; `invalid` when it is not an archive of images or has a name that leads outside it;
   * `damaged`; `storage`; `unsupported` when it is compressed
   */
  static async open(path: string, label = path, context: CallContext = {}): Promise<ArchiveSource> {
    const files = await ArchiveFiles.open(path);
    try {
      const isLayout = (await files.size('oci-layout')) !== undefined;
      return new ArchiveSource(isLayout ? files : await DockerArchiveFiles.open(files, label, context), label);
    } catch (error) {
      await files[Symbol.asyncDispose]();
      throw error;
    }
  }

  tags(): AsyncIterable<Tag> {
    return this.#reader.tags();
  }

  names(): AsyncIterable<ImageName> {
    return this.#reader.names();
  }

  named(name: string): Promise<Digest | undefined> {
    return this.#reader.named(name);
  }

  manifest(reference: Reference | undefined): Promise<StoredManifest> {
    return this.#reader.manifest(reference);
  }

  hasManifest(digest: Digest): Promise<boolean> {
    return this.#reader.hasManifest(digest);
  }

  blobSize(digest: Digest): Promise<number | undefined> {
    return this.#reader.blobSize(digest);
  }

  openBlob(descriptor: Descriptor, start: number, context: ReadContext = {}): Promise<AsyncIterable<Uint8Array>> {
    return this.#reader.openBlob(descriptor, start, context);
  }

  referrers(subject: Digest): AsyncIterable<Descriptor> {
    return this.#reader.referrers(subject);
  }

  async writeBlob(): Promise<void> {
    throw this.#readOnly();
  }

  async putManifest(): Promise<void> {
    throw this.#readOnly();
  }

  /** Closes the archive. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#files[Symbol.asyncDispose]();
  }

  #readOnly(): StoreError {
    return new StoreError(
      'unsupported',
      `${this.label} is open for reading; an archive can only be written as a whole`,
    );
  }
}
