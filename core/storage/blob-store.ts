import { allDone } from '../async/all-done.ts';
import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { DigestVerifier } from '../digest/digester.ts';
import {
  type CallOptions,
  DriverError,
  type FileInfo,
  type ReadOptions,
  type ReadStream,
  type RedirectOptions,
  type StorageDriver,
  type StoragePath,
} from '../driver/index.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { StoredBlob } from '../ports/descriptor-cache.ts';
import { BlobLookupCache } from './blob-lookup-cache.ts';
import { ChangeStore } from './changes/change-store.ts';
import { CollectionGuard } from './collection/collection-guard.ts';
import { CollectionStore } from './collection/collection-store.ts';
import { LookupMoment } from './collection/lookup-moment.ts';
import { CorruptContentError } from './corrupt-content-error.ts';
import { DriverFileReader } from './driver-file-reader.ts';
import type { FileReader } from './file-reader.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { isRight } from './right-content.ts';
import { SettledFiles } from './settled-files.ts';
import { readSmallFile } from './small-files.ts';

/** What the caller knows about the blob that it looks for. */
export interface FindOptions extends CallOptions {
  /** The size in bytes that the manifest being pushed states. */
  readonly statedSize?: number | undefined;
  /** Whether content of unknown size must be read before it counts as present. */
  readonly isInDoubt?: boolean;
  /** Whether the content is only served, so that nothing needs to be stored for it. Default: `false`. */
  readonly isPull?: boolean | undefined;
}

/**
 * Content by digest, stored once for all repositories, and the links that make a blob part of a repository. A digest
 * becomes an address only after exactly the stored bytes were verified.
 */
@injectable()
export class BlobStore {
  /** Protects what is found here from garbage collections. */
  readonly collections: CollectionGuard;
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;
  readonly #links: LinkStore;
  readonly #known: BlobLookupCache;
  readonly #settled: SettledFiles;
  readonly #isRemote: boolean;

  constructor(
    @inject(STORAGE_DRIVER) driver: StorageDriver,
    @inject(PathMapper) paths: PathMapper,
    @inject(LinkStore) links: LinkStore,
    @inject(BlobLookupCache) known: BlobLookupCache,
  ) {
    this.collections = new CollectionGuard(new CollectionStore(driver, paths), new ChangeStore(driver, paths));
    this.#driver = driver;
    this.#paths = paths;
    this.#links = links;
    this.#known = known;
    this.#settled = new SettledFiles(driver);
    this.#isRemote = driver.capabilities.locality === 'remote';
  }

  /**
   * The size of the content in bytes; `undefined` when it is not stored, or when it is known not to match the digest:
   * it is empty, or its length differs from the one that a manifest states. Costs one driver call, and one read of the
   * content the first time that its length is disputed, or is unknown and in doubt.
   */
  async size(
    digest: Digest,
    { statedSize, isInDoubt, isPull, ...options }: FindOptions = {},
  ): Promise<number | undefined> {
    const keeping = isPull ? this.collections.keepIfPossible(digest) : this.collections.keep(digest);
    if (keeping !== undefined) await keeping;
    const path = this.#paths.blobData(digest);
    const info = await this.collections.find(digest, path, () => this.#driver.stat(path, options));
    if (info === undefined || info.isFolder) return undefined;
    const claim = {
      stated: statedSize,
      isInDoubt,
      isRight: () => isRight(this.#driver, this.#paths.blobData(digest), digest),
    };
    return (await this.#known.claims.isDamaged(digest, info, claim)) ? undefined : info.size;
  }

  /** Records the size of a blob that a stored manifest states; it counts until the process knows better. */
  expectSize(digest: Digest, size: number): void {
    this.#known.claims.expect(digest, size);
  }

  /**
   * Makes content that does not match its digest count as missing, in every process that the broadcast reaches, until
   * it is replaced.
   * @param info the file that was read
   */
  async condemn(digest: Digest, info: FileInfo): Promise<void> {
    await this.#known.claims.condemn(digest, info);
  }

  /** Whether the process knows how long the content should be. */
  knowsSize(digest: Digest): boolean {
    return this.#known.claims.has(digest);
  }

  /**
   * A blob that the repository has: the digest under which its content is stored, and its size in bytes. `undefined`
   * when the link or the content is missing. Two driver calls, at the same time where the storage is remote.
   *
   * The content may be stored under another digest than the requested one: distribution stores a blob that was pushed
   * by sha512 under its sha256 and makes both links name that one.
   */
  async find(name: RepositoryName, digest: Digest, options: FindOptions = {}): Promise<StoredBlob | undefined> {
    const { statedSize: _, isInDoubt: __, isPull, ...call } = options;
    const { epoch } = this.#known.recent;
    const keeping = isPull ? this.collections.keepIfPossible(digest) : this.collections.keep(digest);
    if (keeping !== undefined) await keeping;
    const reading = this.#target(name, digest, call);
    // Nearly every link names its own digest, and two calls at once take half the time where they cross a network.
    const expected = this.#isRemote ? this.size(digest, options) : undefined;
    if (expected !== undefined) await allDone([reading, expected]);
    const target = await reading;
    if (target === undefined) return undefined;
    const size = await (target === digest && expected !== undefined ? expected : this.size(target, options));
    if (size === undefined) return undefined;
    const blob = { digest: target, size };
    this.#known.recent.found(name, digest, { blob, epoch });
    return blob;
  }

  /**
   * Like {@link find}, for a manifest that states the size of the blob. No driver call if this process linked the blob
   * a moment ago, see {@link RecentBlobs}.
   */
  async findStated(name: RepositoryName, digest: Digest, statedSize: number): Promise<StoredBlob | undefined> {
    const recent = this.#known.recent.get(name, digest);
    const isCertain = recent?.size === statedSize && !(await this.collections.isCandidate(digest));
    return isCertain ? recent : this.find(name, digest, { statedSize });
  }

  /**
   * Like {@link find}, but accepts a link from the descriptor cache. For reading only, because another instance may
   * have deleted the link a moment ago. The content itself is always looked up, because garbage collection does not
   * notify caches. One driver call on a cache hit.
   */
  async findKnown(name: RepositoryName, digest: Digest, call?: CallOptions): Promise<StoredBlob | undefined> {
    const options = { ...call, isPull: true };
    const known = await this.#known.get(name, digest);
    if (known !== undefined && (await this.size(known.digest, options)) === known.size) return known;
    const { epoch } = this.#known;
    const blob = await this.find(name, digest, options);
    if (blob !== undefined) this.#known.remember(name, digest, { blob, epoch });
    return blob;
  }

  /**
   * Content that is stored for any repository, in the form of {@link find}. One driver call, and one read of the
   * content the first time that its expected length is unknown.
   */
  async findAnywhere(digest: Digest): Promise<StoredBlob | undefined> {
    const size = await this.size(digest, { isInDoubt: true });
    return size === undefined ? undefined : { digest, size };
  }

  /** @throws RegistryError `BLOB_UNKNOWN` when the content is not stored */
  async open(digest: Digest, options?: ReadOptions): Promise<ReadStream> {
    const path = this.#paths.blobData(digest);
    const stream = await this.collections.find(digest, path, async () => {
      try {
        return await this.#driver.read(path, options);
      } catch (error) {
        if (DriverError.is(error, 'not-found')) return undefined;
        throw error;
      }
    });
    if (stream === undefined) throw new RegistryError('BLOB_UNKNOWN', { digest });
    return stream;
  }

  reader(digest: Digest): Promise<FileReader> {
    return DriverFileReader.open(this.#driver, this.#paths.blobData(digest));
  }

  /** A URL for the content, when the driver offers one. */
  async redirectUrl(digest: Digest, options: RedirectOptions): Promise<URL | undefined> {
    return this.#driver.redirectUrl?.(this.#paths.blobData(digest), options);
  }

  /**
   * The whole of small content, verified as it is read; `undefined` when it is not stored. One driver call.
   * @throws CorruptContentError when the stored bytes are not those that the digest names
   */
  async readSmall(digest: Digest, maxBytes: number): Promise<Buffer | undefined> {
    const path = this.#paths.blobData(digest);
    const bytes = await this.collections.find(digest, path, () => readSmallFile(this.#driver, path, { maxBytes }));
    if (bytes !== undefined && !new DigestVerifier(digest).update(bytes).verified)
      throw new CorruptContentError(digest);
    return bytes;
  }

  /**
   * Stores small, verified content, durably. Content that a disk has damaged is repaired. One driver call, which
   * changes nothing if this process knows that exactly these bytes are stored and durable.
   */
  writeSmall(digest: Digest, bytes: Uint8Array): Promise<void> {
    const write = (): Promise<void> => this.#settled.write(this.#paths.blobData(digest), bytes);
    return this.collections.keep(digest)?.then(write) ?? write();
  }

  /**
   * Makes verified bytes the content of `digest`, durably. They replace stored content, which a disk may have damaged;
   * readers keep what they have opened. Where a replacement would show readers a gap, correct content stays and `put`
   * is not called. Costs the driver calls of `put`, or one driver call and a read.
   * @param size the number of bytes
   * @param put moves the bytes to a path, replacing what is there
   */
  async adopt(digest: Digest, size: number, put: (to: StoragePath) => Promise<void>): Promise<void> {
    this.#known.claims.confirm(digest, size);
    await this.collections.keep(digest);
    const isSeamless = this.#driver.capabilities.atomicMove;
    if (
      !isSeamless &&
      (await this.size(digest)) !== undefined &&
      (await isRight(this.#driver, this.#paths.blobData(digest), digest))
    )
      return;
    await put(this.#paths.blobData(digest));
  }

  /**
   * Makes verified bytes in memory a blob of the repository, durably. They replace stored content, which a disk may
   * have damaged. Two concurrent driver calls: a link whose content is missing counts as absent, so either may complete
   * first or alone. One more for a digest that differs from that of the content.
   * @param blob.content the digest under which the content is stored, if it is a different one
   */
  async publish(
    name: RepositoryName,
    digest: Digest,
    { bytes, content = digest }: { readonly bytes: Uint8Array; readonly content?: Digest },
  ): Promise<void> {
    this.#known.claims.confirm(content, bytes.byteLength);
    const moment = new LookupMoment();
    await this.collections.keep(content);
    const write = (): Promise<void> => this.#driver.write(this.#paths.blobData(content), bytes);
    const writing = write();
    const linking = this.link(name, digest, content);
    await allDone([writing, linking, ...(content === digest ? [] : [this.link(name, content)])]);
    if (!moment.isLate) (await linking)(bytes.byteLength);
    else if (!(await this.linkLate(name, digest, content))) await write();
  }

  /** Links a blob again whose content took long to store; resolves with whether a collection has left it there. */
  async linkLate(name: RepositoryName, digest: Digest, content: Digest): Promise<boolean> {
    await this.link(name, digest, content);
    return (await this.find(name, digest)) !== undefined;
  }

  /**
   * Links the blob into the repository. The link counts from when the content is stored, so the caller must have
   * verified that the client has the bytes. One driver call. Rejects while the repository is being deleted or renamed.
   * @param content the digest under which the content is stored, when that is another digest of the same bytes
   * @returns a function to call with the size in bytes once the content is durable as well: for a while, a manifest
   * that names the blob then needs no look-up
   */
  async link(name: RepositoryName, digest: Digest, content = digest): Promise<(size: number) => void> {
    const keeping = this.collections.keep(digest, content);
    if (keeping !== undefined) await keeping;
    const { recent } = this.#known;
    const { epoch } = recent;
    await this.#links.write(this.#paths.layerLink(name, digest), content);
    await this.collections.requireUnchanging(name);
    return (size) => recent.linked(name, digest, { blob: { digest: content, size }, epoch });
  }

  /**
   * Removes the blob from the repository; the content stays for other repositories and for garbage collection.
   * @returns whether the repository had it
   */
  async unlink(name: RepositoryName, digest: Digest): Promise<boolean> {
    try {
      return await this.#links.remove(this.#paths.layerFolder(name, digest));
    } finally {
      // A removal that failed may still have taken effect.
      await this.#known.forget(name, digest);
    }
  }

  /** What the link of a blob names. */
  #target(name: RepositoryName, digest: Digest, options: CallOptions): Promise<Digest | undefined> {
    const path = this.#paths.layerLink(name, digest);
    return this.collections.find(digest, path, () => this.#links.read(path, options));
  }
}
