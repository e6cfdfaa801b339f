import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Digest } from '../../../core/digest/digest.ts';
import type { Descriptor } from '../../../core/model/descriptor.ts';
import { isIndexType } from '../../../core/model/media-types.ts';
import type { Reference, Tag } from '../../../core/model/reference.ts';
import type { CallContext } from '../../../core/registry/call-context.ts';
import type { StoredManifest } from '../../../core/registry/manifest-service.ts';
import { makeFolders } from '../../files/make-folders.ts';
import { FileLock } from '../layout/file-lock.ts';
import { LayoutStore } from '../layout/layout-store.ts';
import { requireFolder } from '../layout/require-folder.ts';
import { storageError } from '../layout/storage-error.ts';
import type { ImageName, IncomingBlob, IncomingManifest, ObjectStore, ReadContext } from '../object-store.ts';
import { StoreError } from '../store-error.ts';
import { requireDockerImage } from './docker-image.ts';
import { type ArchivedImage, type ArchiveFormat, packArchive } from './pack-archive.ts';
import { requireReplaceable } from './require-replaceable.ts';

/** The archive to write. */
export interface ArchiveTargetOptions {
  readonly path: string;
  readonly format: ArchiveFormat;
  /**
   * The name of the images without a tag, such as `team/app`; Docker loads an image under it, unless the image has
   * whole names.
   */
  readonly name?: string | undefined;
  readonly label?: string | undefined;
}

/**
 * A tar archive that is written as a whole: an OCI image layout, and for Docker also the files that older versions
 * read. Until it is complete, its content is in a folder next to it, where a later call finds what this one left. At
 * the end, it atomically replaces an archive with the same name. Only one process writes an archive at a time, from its
 * first write to its end or disposal.
 */
export class ArchiveTarget implements ObjectStore {
  readonly label: string;
  readonly listsImages = true;
  readonly isChecked = true;
  readonly keepsNames = true;
  readonly #options: ArchiveTargetOptions;
  readonly #folder: string;
  readonly #layout: LayoutStore;
  /** The images of this archive; the folder may have others from an earlier call. */
  readonly #images = new Map<Digest, ArchivedImage>();
  #replaceable: Promise<void> | undefined;
  #lock: Promise<FileLock> | undefined;

  constructor(options: ArchiveTargetOptions) {
    const { path, label = path } = options;
    this.#options = options;
    this.label = label;
    this.#folder = join(dirname(path), `.${basename(path)}.partial`);
    this.#layout = new LayoutStore(this.#folder, label);
  }

  async *tags(): AsyncGenerator<Tag, void, undefined> {
    yield* [...this.#images.values()].flatMap(({ tags }) => tags);
  }

  names(): AsyncIterable<ImageName> {
    return this.#layout.names();
  }

  named(name: string): Promise<Digest | undefined> {
    return this.#layout.named(name);
  }

  manifest(reference: Reference | undefined): Promise<StoredManifest> {
    return this.#layout.manifest(reference);
  }

  hasManifest(digest: Digest): Promise<boolean> {
    return this.#layout.hasManifest(digest);
  }

  blobSize(digest: Digest): Promise<number | undefined> {
    return this.#layout.blobSize(digest);
  }

  openBlob(descriptor: Descriptor, start: number, context?: ReadContext): Promise<AsyncIterable<Uint8Array>> {
    return this.#layout.openBlob(descriptor, start, context);
  }

  referrers(subject: Digest): AsyncIterable<Descriptor> {
    return this.#layout.referrers(subject);
  }

  async writeBlob(blob: IncomingBlob, context?: CallContext): Promise<void> {
    await this.#own();
    await this.#layout.writeBlob(blob, context);
  }

  /**
   * @throws StoreError `unsupported` for an index or an artifact if the archive is for Docker; `invalid` when something
   * that is not an archive of images has its name
   */
  async prepare({ mediaType, bytes }: Pick<IncomingManifest, 'mediaType' | 'bytes'>): Promise<void> {
    const { path, format } = this.#options;
    if (isIndexType(mediaType) && format === 'docker') {
      throw new StoreError('unsupported', `${this.label} cannot contain an image for several platforms`, {
        hint: 'choose one platform, or write an OCI archive',
      });
    }
    if (format === 'docker') requireDockerImage(bytes, this.label);
    this.#replaceable ??= requireReplaceable(path);
    await this.#replaceable;
    await requireFolder(dirname(path));
  }

  async putManifest(manifest: IncomingManifest, context?: CallContext): Promise<void> {
    await this.prepare(manifest);
    await this.#own();
    const image = { ...manifest, names: this.#namesOf(manifest) };
    await this.#layout.putManifest(image, context);
    if (!image.isPart) this.#list(image);
  }

  /** Writes the archive, and removes the folder next to it. */
  async finish({ signal }: CallContext = {}): Promise<void> {
    const images = [...this.#images.values()];
    try {
      await packArchive({ ...this.#options, folder: this.#folder, images }, signal);
      await rm(this.#folder, { recursive: true, force: true });
      await this.#release();
    } catch (error) {
      throw storageError(error, this.#options.path, { isKept: true });
    }
  }

  /** Unfinished content stays for the next call. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#layout[Symbol.asyncDispose]();
    await this.#release();
  }

  #namesOf({ tags, names = [] }: IncomingManifest): readonly string[] {
    const { name } = this.#options;
    return names.length > 0 || name === undefined ? names : tags.map((tag) => `${name}:${tag}`);
  }

  /** An image that is stored again under another name keeps the earlier ones. */
  #list(image: IncomingManifest & Pick<ArchivedImage, 'names'>): void {
    const { tags = [], names = [] } = this.#images.get(image.digest) ?? {};
    this.#images.set(image.digest, {
      ...image,
      tags: [...new Set([...tags, ...image.tags])],
      names: [...new Set([...names, ...image.names])],
    });
  }

  async #release(): Promise<void> {
    const lock = await this.#lock?.catch(() => undefined);
    this.#lock = undefined;
    await lock?.[Symbol.asyncDispose]();
  }

  /**
   * @throws StoreError `unsupported` while another call, which would remove the folder at its end, writes the archive
   */
  async #own(): Promise<void> {
    this.#lock ??= this.#takeLock();
    await this.#lock;
  }

  async #takeLock(): Promise<FileLock> {
    let lock: FileLock | undefined;
    try {
      await makeFolders(dirname(this.#options.path));
      lock = await FileLock.try(`${this.#folder}.lock`);
    } catch (error) {
      throw storageError(error, this.#options.path);
    }
    if (lock !== undefined) return lock;
    throw new StoreError('unsupported', `another copy is writing ${this.label}`, {
      hint: 'wait for it, or use another name; a killed one counts as running for at most 10 seconds',
    });
  }
}
