import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KeyedMutex } from '../../../core/async/concurrency.ts';
import type { Digest } from '../../../core/digest/digest.ts';
import { readStoredManifest } from '../../../core/manifests/stored-manifest.ts';
import type { Descriptor } from '../../../core/model/descriptor.ts';
import type { Reference, Tag } from '../../../core/model/reference.ts';
import type { CallContext } from '../../../core/registry/call-context.ts';
import type { StoredManifest } from '../../../core/registry/manifest-service.ts';
import { makeFolders } from '../../files/make-folders.ts';
import { allNames } from '../../references/image-names.ts';
import { otherBytes, shortBlob } from '../damaged-blob.ts';
import type { ImageName, IncomingBlob, IncomingManifest, ObjectStore, ReadContext } from '../object-store.ts';
import { withFileLock } from './file-lock.ts';
import { FolderFiles } from './folder-files.ts';
import { heldBlob, MAX_HELD_BYTES } from './held-blob.ts';
import type { LayoutIndex } from './layout-index.ts';
import { blobPath, LayoutReader } from './layout-reader.ts';
import { PartialFile } from './partial-file.ts';
import { requireFolder } from './require-folder.ts';
import { hasCode, storageError } from './storage-error.ts';

/** The folder for content outside the image-spec; other tools ignore it. */
const OWN_FOLDER = '.stowage';
const MARKER = '{"imageLayoutVersion":"1.0.0"}';

/**
 * A folder with images as an OCI image layout, which skopeo, crane, oras, Podman and BuildKit also read and write.
 * Several processes may write to it concurrently. Incomplete blobs are in the folder `.stowage` until a later call
 * resumes them, even after this process was killed.
 */
export class LayoutStore implements ObjectStore {
  readonly label: string;
  readonly listsImages = true;
  readonly isChecked = true;
  readonly keepsNames = true;
  readonly #folder: string;
  readonly #reader: LayoutReader;
  readonly #writing = new KeyedMutex();
  #checked: Promise<void> | undefined;

  constructor(folder: string, label = `oci:${folder}`) {
    this.#folder = folder;
    this.label = label;
    this.#reader = new LayoutReader(new FolderFiles(folder), label);
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

  /** @throws StoreError `invalid` also when the folder has something else under the names of a layout */
  async prepare(): Promise<void> {
    this.#checked ??= this.#check();
    await this.#checked;
  }

  /**
   * Turns the folder into a layout without images, unless it is already a layout.
   * @throws StoreError `invalid`, `storage`
   */
  async create({ signal }: CallContext = {}): Promise<void> {
    await this.prepare();
    const own = join(this.#folder, OWN_FOLDER);
    try {
      await makeFolders(own);
      await withFileLock(
        join(own, 'index.lock'),
        async () => {
          const index = await this.#reader.indexOrEmpty();
          if (index.entries.length === 0) await this.#writeIndex(index);
        },
        signal,
      );
    } catch (error) {
      throw storageError(error, this.#folder);
    }
  }

  /** A second write of a blob waits for the first one, and reads no bytes if that succeeds. */
  async writeBlob(blob: IncomingBlob, context: CallContext = {}): Promise<void> {
    const { digest } = blob.descriptor;
    await this.#orStorageError(digest, () =>
      this.#writing.run(digest, () => this.#write(blob, context), context.signal),
    );
  }

  /** The image is listed once its bytes are stored; concurrent processes update the list one after the other. */
  async putManifest(
    { digest, mediaType, bytes, tags, names = [], isPart }: IncomingManifest,
    context: CallContext = {},
  ): Promise<void> {
    await this.#orStorageError(digest, async () => {
      await this.#writeFile(blobPath(digest), bytes);
      if (isPart && tags.length === 0 && names.length === 0) return;
      const { artifactType, subject } = readStoredManifest(bytes);
      const image = {
        mediaType,
        digest,
        size: bytes.byteLength,
        ...(subject === undefined || artifactType === undefined ? {} : { artifactType }),
      };
      await makeFolders(join(this.#folder, OWN_FOLDER));
      await withFileLock(
        join(this.#folder, OWN_FOLDER, 'index.lock'),
        () => this.#list(image, allNames({ tags, names })),
        context.signal,
      );
    });
  }

  /** Nothing stays open between calls. */
  async [Symbol.asyncDispose](): Promise<void> {}

  async #check(): Promise<void> {
    await requireFolder(this.#folder);
    await this.#reader.indexOrEmpty();
  }

  async #list(image: { readonly digest: Digest }, names: readonly string[]): Promise<void> {
    await this.#writeIndex((await this.#reader.indexOrEmpty()).with(image, names));
  }

  async #writeIndex(index: LayoutIndex): Promise<void> {
    await this.#writeFile('oci-layout', MARKER);
    await this.#writeFile('index.json', index.toString());
  }

  async #write(blob: IncomingBlob, context: CallContext): Promise<void> {
    const { digest, size } = blob.descriptor;
    if ((await this.blobSize(digest)) === size) return;
    if (size <= MAX_HELD_BYTES) {
      await this.#writeFile(blobPath(digest), await heldBlob(blob, context));
      return;
    }
    await using partial = await PartialFile.open(join(this.#folder, OWN_FOLDER), digest);
    if (partial.size > size) await partial.restart();
    const resumedAt = partial.size;
    if (resumedAt > 0) blob.report?.({ type: 'resumed', offset: resumedAt });
    await receive(partial, blob, context);
    // The bytes of the earlier process may be wrong.
    if (resumedAt > 0 && partial.digest() !== digest) {
      await partial.restart();
      await receive(partial, blob, context);
    }
    if (partial.size < size) throw shortBlob(blob.descriptor, partial.size);
    const computed = partial.digest();
    if (partial.size !== size || computed !== digest) {
      await partial.remove();
      throw otherBytes(digest, { computed });
    }
    const path = join(this.#folder, blobPath(digest));
    await makeFolders(dirname(path));
    await partial.moveTo(path);
  }

  /** Readers see the old or the new file, and nothing in between, even after a power failure. */
  async #writeFile(path: string, content: Uint8Array | string): Promise<void> {
    const final = join(this.#folder, path);
    const temporary = join(this.#folder, OWN_FOLDER, `${randomUUID()}.tmp`);
    try {
      await orWithFolder(temporary, () => writeNew(temporary, content));
      await orWithFolder(final, () => rename(temporary, final));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async #orStorageError(digest: Digest, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      throw storageError(error, join(this.#folder, blobPath(digest)), { isKept: true });
    }
  }
}

/** Resolves when the new file is durable. */
async function writeNew(path: string, content: Uint8Array | string): Promise<void> {
  await using file = await open(path, 'wx');
  await file.writeFile(content);
  await file.datasync();
}

/** Creates the folder of a file if it is missing, and retries; usually it exists. */
async function orWithFolder(path: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    await makeFolders(dirname(path));
    await action();
  }
}

async function receive(partial: PartialFile, blob: IncomingBlob, context: CallContext): Promise<void> {
  const { size } = blob.descriptor;
  if (partial.size >= size) return;
  for await (const bytes of await blob.open(partial.size, { ...context, isReused: true })) {
    context.signal?.throwIfAborted();
    await partial.append(bytes);
    blob.report?.({ type: 'progress', bytes: partial.size });
    if (partial.size > size) return;
  }
}
