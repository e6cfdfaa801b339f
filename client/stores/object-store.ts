import type { Digest } from '../../core/digest/digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import type { Reference, Tag } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';

/**
 * A store of images: a folder, an archive, memory, or one repository of a registry. Calls may run concurrently.
 * Disposing releases what the store has open; what a failed write left stays for the next one.
 */
export interface ObjectStore extends AsyncDisposable {
  /** The user's name for it, for messages: `oci:./images`, `registry.example.com/team/app`. */
  readonly label: string;

  /**
   * Whether the store lists its images apart from their bytes, so that an image can be missing from the list although
   * its manifest exists. `putManifest` then lists it. Default: `false`.
   */
  readonly listsImages?: boolean;

  /**
   * Whether anybody can change its content, such as files, and checking it is cheap. A copy then checks every blob of
   * an image even if its manifest exists. Default: `false`.
   */
  readonly isChecked?: boolean;

  /** Whether it may reject an index when it lacks some of its images. Default: `false`. */
  readonly mayWantWholeIndexes?: boolean;

  /** Whether `putManifest` stores the whole names of an image. Default: `false`. */
  readonly keepsNames?: boolean;

  /**
   * The tags, without duplicates, in no guaranteed order. A repository that does not exist has none.
   * @throws StoreError `not-found` when there is no folder or archive
   */
  tags(context?: CallContext): AsyncIterable<Tag>;

  /** The whole names of its images, without duplicates. Absent if a store has only tags. */
  names?(context?: CallContext): AsyncIterable<ImageName>;

  /**
   * The image with a whole name, such as `team/app:v1`, compared as skopeo does; `undefined` when there is none. Absent
   * if a store has only tags.
   */
  named?(name: string, context?: CallContext): Promise<Digest | undefined>;

  /**
   * A manifest; its bytes match the returned digest.
   * @param reference default: the only image of the store; for a registry, the one tagged `latest`
   * @throws RegistryError `MANIFEST_UNKNOWN`
   * @throws StoreError `not-found`; `damaged` when the bytes do not match the digest; `ambiguous` when no reference was
   * given and the store has several images, or several have the tag under different whole names
   */
  manifest(reference: Reference | undefined, context?: CallContext): Promise<StoredManifest>;

  /** Whether the manifest exists, so that it need not be written again. */
  hasManifest(digest: Digest, context?: CallContext): Promise<boolean>;

  /**
   * The digest that a tag points at. Present if asking is cheaper than setting the tag again, or if setting it again
   * may be rejected.
   * @returns `undefined` also when it cannot be determined
   */
  tagDigest?(tag: Tag, context?: CallContext): Promise<Digest | undefined>;

  /** The size in bytes of a complete blob; `undefined` for any other. */
  blobSize(digest: Digest, context?: CallContext): Promise<number | undefined>;

  /**
   * The bytes of a blob from `start` (0-based) to its end, as an already open stream. The reader must verify them.
   * @throws RegistryError `BLOB_UNKNOWN`
   */
  openBlob(descriptor: Descriptor, start: number, context?: ReadContext): Promise<AsyncIterable<Uint8Array>>;

  /** The manifests whose subject is `subject`, without duplicates. */
  referrers(subject: Digest, context?: CallContext): AsyncIterable<Descriptor>;

  /**
   * Reports early what would fail late: whether such an image can be stored here at all. Nothing is written. Absent if
   * only the write can tell.
   * @throws StoreError `unsupported` when this kind of store cannot contain the image; `invalid` or `storage` when it
   * is not writable
   */
  prepare?(image: Pick<IncomingManifest, 'mediaType' | 'bytes'>): Promise<void>;

  /**
   * Writes a blob. It resumes what an earlier call left, even one of a killed process, and keeps its progress when it
   * fails; a store may restart a small blob. A blob appears under its digest only when all its bytes are stored and
   * verified.
   * @throws StoreError `damaged` when the bytes do not match the descriptor
   */
  writeBlob(blob: IncomingBlob, context?: CallContext): Promise<void>;

  /**
   * Stores a manifest, then sets the tags. Everything that it names must have been written before.
   * @returns the digest that the tags have, if a registry computes another one from the same bytes
   * @throws StoreError `unsupported` when this kind of store cannot contain it
   */
  putManifest(manifest: IncomingManifest, context?: CallContext): Promise<Digest | void>;

  /**
   * Mounts a blob from another store without moving its bytes. Absent if that is never possible.
   * @returns whether the store has the blob now
   */
  mountBlob?(descriptor: Descriptor, from: ObjectStore, context?: CallContext): Promise<boolean>;

  /**
   * Makes the written content visible if single writes do not, as in an archive, which is written as a whole. Called
   * once, and only after everything has succeeded.
   */
  finish?(context?: CallContext): Promise<void>;
}

/** An image with a whole name, as in archives of Docker. */
export interface ImageName {
  /** The name with its tag: `team/app:v1`. */
  readonly name: string;
  readonly tag: Tag;
  readonly digest: Digest;
}

/** How bytes are read. */
export interface ReadContext extends CallContext {
  /**
   * Whether the reader has finished with a chunk when it requests the next one, so that its memory may be reused.
   * Default: `false`.
   */
  readonly isReused?: boolean | undefined;
}

/** A blob to write to a store. */
export interface IncomingBlob {
  readonly descriptor: Descriptor;

  /**
   * Opens its bytes from `start` (0-based) to its end. A store may call it several times, even for bytes that it had
   * before. The previously opened body is then no longer read.
   */
  open(start: number, context: ReadContext): Promise<AsyncIterable<Uint8Array>>;

  /** Receives the progress of the write; must not throw. */
  report?(step: WriteStep): void;
}

/** A step of writing a blob. */
export type WriteStep =
  /** The write continues after bytes of an earlier call. */
  | { readonly type: 'resumed'; readonly offset: number }
  /** The number of bytes that the store has; lower than before if it had to start over. */
  | { readonly type: 'progress'; readonly bytes: number }
  /** A request with all bytes was rejected, so they are sent in chunks of this many bytes. */
  | { readonly type: 'chunked'; readonly chunkBytes: number };

/** A manifest to write to a store. */
export interface IncomingManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly tags: readonly Tag[];
  /** Whole names, each with a tag; a store without whole names ignores them. */
  readonly names?: readonly string[] | undefined;
  /** Whether it is only a part of another manifest, and not an image itself. */
  readonly isPart: boolean;
}
