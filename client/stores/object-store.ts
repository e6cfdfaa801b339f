import type { Digest } from '../../core/digest/digest.ts';
import type { Descriptor } from '../../core/model/descriptor.ts';
import type { Reference, Tag } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';

/**
 * A place that holds images: a folder, an archive, memory, or one repository of a registry. Calls may run at the same
 * time. Disposing releases what the store has open; what a failed write left stays for the next one.
 */
export interface ObjectStore extends AsyncDisposable {
  /** What the user calls it, for messages: `oci:./images`, `registry.example.com/team/app`. */
  readonly label: string;

  /**
   * Whether the store lists its images apart from their bytes, so that an image can be missing in the list although its
   * manifest is there. `putManifest` then lists it. Default: `false`.
   */
  readonly listsImages?: boolean;

  /**
   * Whether what it holds can be changed by anybody, such as files, and costs nothing to look at. A copy then looks at every
   * blob of an image, though its manifest is there. Default: `false`.
   */
  readonly isChecked?: boolean;

  /** Whether it may refuse an index of which it does not have all images. Default: `false`. */
  readonly mayWantWholeIndexes?: boolean;

  /** Whether `putManifest` keeps the whole names of an image. Default: `false`. */
  readonly keepsNames?: boolean;

  /**
   * The tags, each once, in no promised order. A registry has none in a repository that does not exist.
   * @throws StoreError `not-found` where there is no folder or archive
   */
  tags(context?: CallContext): AsyncIterable<Tag>;

  /** The whole names that its images have, each once. Absent where a store has only tags. */
  names?(context?: CallContext): AsyncIterable<ImageName>;

  /**
   * The image of a whole name, such as `team/app:v1`, as skopeo compares names; `undefined` when there is none. Absent where a
   * store has only tags.
   */
  named?(name: string, context?: CallContext): Promise<Digest | undefined>;

  /**
   * A manifest whose bytes have the digest that is returned with them.
   * @param reference without it the only image of the store; of a registry, the one tagged `latest`
   * @throws RegistryError `MANIFEST_UNKNOWN`
   * @throws StoreError `not-found`; `damaged` when the bytes are others than the digest names, `ambiguous` when no reference
   * was given and the store has several images, or several have the tag under different whole names
   */
  manifest(reference: Reference | undefined, context?: CallContext): Promise<StoredManifest>;

  /** Whether the manifest is there, so that it need not be written again. */
  hasManifest(digest: Digest, context?: CallContext): Promise<boolean>;

  /**
   * What a tag points at, where it costs less to ask than to set the tag again, or where setting it again is refused; absent
   * elsewhere.
   * @returns `undefined` also when it cannot be told
   */
  tagDigest?(tag: Tag, context?: CallContext): Promise<Digest | undefined>;

  /** The length in bytes of a blob that is complete; `undefined` for any other. */
  blobSize(digest: Digest, context?: CallContext): Promise<number | undefined>;

  /**
   * The bytes of a blob from `start` (0-based) to its end, as an already open stream. Whoever reads them verifies them.
   * @throws RegistryError `BLOB_UNKNOWN`
   */
  openBlob(descriptor: Descriptor, start: number, context?: ReadContext): Promise<AsyncIterable<Uint8Array>>;

  /** The manifests whose subject is `subject`, each once. */
  referrers(subject: Digest, context?: CallContext): AsyncIterable<Descriptor>;

  /**
   * Tells early what would fail late: whether such an image can be stored here at all. Nothing is written. Absent where
   * only the write can tell.
   * @throws StoreError `unsupported` when a store of this kind cannot hold them; `invalid`, `storage` when nothing can be
   * written there
   */
  prepare?(image: Pick<IncomingManifest, 'mediaType' | 'bytes'>): Promise<void>;

  /**
   * Takes a blob. It resumes what an earlier call left, also one of another process that was killed, and leaves what it has
   * when it fails; a store may begin a small blob anew. A blob appears under its digest only when all its bytes are there and
   * verified.
   * @throws StoreError `damaged` when the bytes are others than the descriptor names
   */
  writeBlob(blob: IncomingBlob, context?: CallContext): Promise<void>;

  /**
   * Stores a manifest, then lets the tags point at it. What it names must have been written before.
   * @returns the digest that the tags have, where a registry computes another one from the same bytes
   * @throws StoreError `unsupported` when a store of this kind cannot hold it
   */
  putManifest(manifest: IncomingManifest, context?: CallContext): Promise<Digest | void>;

  /**
   * Takes a blob from another store without moving its bytes. Absent where that is never possible.
   * @returns whether it has the blob now
   */
  mountBlob?(descriptor: Descriptor, from: ObjectStore, context?: CallContext): Promise<boolean>;

  /**
   * Makes what was written visible where single writes do not, such as an archive, which is written as a whole. Called
   * once, and only after everything has succeeded.
   */
  finish?(context?: CallContext): Promise<void>;
}

/** An image with a whole name, as archives of Docker have it. */
export interface ImageName {
  /** With the tag: `team/app:v1`. */
  readonly name: string;
  readonly tag: Tag;
  readonly digest: Digest;
}

/** How bytes are read. */
export interface ReadContext extends CallContext {
  /**
   * Whether the reader has finished with a chunk when it asks for the next one, so that its memory may be used again.
   * Default: `false`.
   */
  readonly isReused?: boolean | undefined;
}

/** A blob on its way into a store. */
export interface IncomingBlob {
  readonly descriptor: Descriptor;

  /**
   * Opens its bytes from `start` (0-based) to its end. A store may ask several times, also for bytes that it had before.
   * The body that was opened before is then no longer read.
   */
  open(start: number, context: ReadContext): Promise<AsyncIterable<Uint8Array>>;

  /** Told how the write goes; must not throw. */
  report?(step: WriteStep): void;
}

/** A step of writing a blob. */
export type WriteStep =
  /** The write continues after bytes of an earlier call. */
  | { readonly type: 'resumed'; readonly offset: number }
  /** The store has so many bytes of the blob by now; fewer than before when it had to start over. */
  | { readonly type: 'progress'; readonly bytes: number }
  /** One request with all bytes was refused, so that they are sent in chunks of this many bytes. */
  | { readonly type: 'chunked'; readonly chunkBytes: number };

/** A manifest on its way into a store. */
export interface IncomingManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly tags: readonly Tag[];
  /** Whole names, with a tag each; a store that keeps no names ignores them. */
  readonly names?: readonly string[] | undefined;
  /** Whether another manifest names it, so that it is no image of its own. */
  readonly isPart: boolean;
}
