import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { DigestVerifier } from '../digest/digester.ts';
import {
  type CallOptions,
  DriverError,
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
import { CorruptContentError } from './corrupt-content-error.ts';
import { DriverFileReader } from './driver-file-reader.ts';
import type { FileReader } from './file-reader.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './path-mapper.ts';
import { readSmallFile, readStart } from './small-files.ts';

/** What is known of a blob that is looked for. */
export interface FindOptions extends CallOptions {
  /** What a manifest that is being pushed says that the size is, in bytes. */
  readonly statedSize?: number | undefined;
  /** Whether content of which no size is known is read before it counts. */
  readonly isInDoubt?: boolean;
}

/**
 * Content by digest, kept once for all repositories, and the links by which a repository has a blob. A digest
 * becomes an address only after exactly the stored bytes were verified.
 */
@injectable()
export class BlobStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;
  readonly #links: LinkStore;
  readonly #known: BlobLookupCache;

  constructor(
    @inject(STORAGE_DRIVER) driver: StorageDriver,
    @inject(PathMapper) paths: PathMapper,
    @inject(LinkStore) links: LinkStore,
    @inject(BlobLookupCache) known: BlobLookupCache,
  ) {
    this.#driver = driver;
    this.#paths = paths;
    this.#links = links;
    this.#known = known;
  }

  /**
   * The size of the content in bytes; `undefined` when it is not stored, or when it is known not to be what the digest
   * names: without a byte, or of another length than a manifest has stated. One driver call, and one read of the content
   * when its length is disputed, or nobody knows it and it is in doubt, for the first time.
   */
  async size(digest: Digest, { statedSize, isInDoubt, ...options }: FindOptions = {}): Promise<number | undefined> {
    const info = await this.#driver.stat(this.#paths.blobData(digest), options);
    if (info === undefined || info.isFolder) return undefined;
    const claim = { stated: statedSize, isInDoubt, isRight: () => this.#isRight(digest) };
    return (await this.#known.claims.isDamaged(digest, info, claim)) ? undefined : info.size;
  }

  /** Tells what a stored manifest says that the size of a blob is; it counts until the process knows better. */
  expectSize(digest: Digest, size: number): void {
    this.#known.claims.expect(digest, size);
  }

  /** Whether the process knows how long the content should be. */
  knowsSize(digest: Digest): boolean {
    return this.#known.claims.has(digest);
  }

  /**
   * A blob that the repository has: what its content is stored as, and its size in bytes. `undefined` when the
   * link or the content is missing. Two driver calls.
   *
   * The content may lie under another digest than asked for: distribution stores a blob that was pushed by sha512
   * under its sha256 and lets both links name that one.
   */
  async find(name: RepositoryName, digest: Digest, options: FindOptions = {}): Promise<StoredBlob | undefined> {
    const { statedSize: _, isInDoubt: __, ...call } = options;
    const target = await this.#links.read(this.#paths.layerLink(name, digest), call);
    if (target === undefined) return undefined;
    const size = await this.size(target, options);
    return size === undefined ? undefined : { digest: target, size };
  }

  /**
   * Like {@link find}, but what the descriptor cache knows of the link will do: for reading only, because another
   * instance may have deleted it a moment ago. The content itself is always asked for, because garbage collection tells
   * nobody. One driver call where the cache knows it.
   */
  async findKnown(name: RepositoryName, digest: Digest, options?: CallOptions): Promise<StoredBlob | undefined> {
    const known = await this.#known.get(name, digest);
    if (known !== undefined && (await this.size(known.digest, options)) === known.size) return known;
    const { epoch } = this.#known;
    const blob = await this.find(name, digest, options);
    if (blob !== undefined) this.#known.remember(name, digest, { blob, epoch });
    return blob;
  }

  /**
   * Content that is stored for whichever repository, in the form of {@link find}. One driver call, and one read of the
   * content the first time that this is asked and nobody knows how long it should be.
   */
  async findAnywhere(digest: Digest): Promise<StoredBlob | undefined> {
    const size = await this.size(digest, { isInDoubt: true });
    return size === undefined ? undefined : { digest, size };
  }

  /** @throws RegistryError `BLOB_UNKNOWN` when the content is not stored */
  async open(digest: Digest, options?: ReadOptions): Promise<ReadStream> {
    try {
      return await this.#driver.read(this.#paths.blobData(digest), options);
    } catch (error) {
      if (DriverError.is(error, 'not-found')) throw new RegistryError('BLOB_UNKNOWN', { digest }, { cause: error });
      throw error;
    }
  }

  reader(digest: Digest): Promise<FileReader> {
    return DriverFileReader.open(this.#driver, this.#paths.blobData(digest));
  }

  /** A URL for the content, when the driver gives one. */
  async redirectUrl(digest: Digest, options: RedirectOptions): Promise<URL | undefined> {
    return this.#driver.redirectUrl?.(this.#paths.blobData(digest), options);
  }

  /**
   * The whole of small content, verified as it is read; `undefined` when it is not stored. One driver call.
   * @throws CorruptContentError when the stored bytes are not those that the digest names
   */
  async readSmall(digest: Digest, maxBytes: number): Promise<Buffer | undefined> {
    const bytes = await readSmallFile(this.#driver, this.#paths.blobData(digest), { maxBytes });
    if (bytes !== undefined && !new DigestVerifier(digest).update(bytes).verified)
      throw new CorruptContentError(digest);
    return bytes;
  }

  /**
   * Stores small content that was verified before, unless exactly these bytes are there already: what a disk has
   * damaged is mended. At most two driver calls.
   */
  async writeSmall(digest: Digest, bytes: Uint8Array): Promise<void> {
    const path = this.#paths.blobData(digest);
    const stored = await readStart(this.#driver, path, { maxBytes: bytes.byteLength + 1 });
    if (stored?.equals(bytes) !== true) await this.#driver.write(path, bytes);
  }

  /**
   * Makes verified bytes the content of `digest`, durably. They replace what is there, which a disk may have damaged;
   * readers keep what they have opened. Where a replacement shows readers a gap, content that is right stays, and `put` is
   * not called. No driver call but those of `put`, or one and a read.
   * @param size of the bytes
   * @param put brings the bytes to a path, replacing what is there
   */
  async adopt(digest: Digest, size: number, put: (to: StoragePath) => Promise<void>): Promise<void> {
    this.#known.claims.confirm(digest, size);
    const isSeamless = this.#driver.capabilities.atomicMove;
    if (!isSeamless && (await this.size(digest)) !== undefined && (await this.#isRight(digest))) return;
    await put(this.#paths.blobData(digest));
  }

  /**
   * Gives the repository the blob; its content must be stored before. One driver call.
   * @param content what the content is stored as, when that is another digest of the same bytes
   */
  link(name: RepositoryName, digest: Digest, content = digest): Promise<void> {
    return this.#links.write(this.#paths.layerLink(name, digest), content);
  }

  /**
   * Takes the blob from the repository; the content stays for others and for garbage collection.
   * @returns whether the repository had it
   */
  async unlink(name: RepositoryName, digest: Digest): Promise<boolean> {
    try {
      return await this.#links.remove(this.#paths.layerFolder(name, digest));
    } finally {
      // A removal that failed may have had its effect.
      await this.#known.forget(name, digest);
    }
  }

  /** Reads the content and compares its digest; content that is gone by now is not right. */
  async #isRight(digest: Digest): Promise<boolean> {
    const verifier = new DigestVerifier(digest);
    try {
      const stream = await this.#driver.read(this.#paths.blobData(digest));
      for await (const bytes of stream as AsyncIterable<Uint8Array>) {
        verifier.update(bytes);
        stream.recycle?.(bytes);
      }
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return false;
      throw error;
    }
    return verifier.verified;
  }
}
