import type { Digest } from '../digest/digest.ts';
import type { Reference, RepositoryName, Tag } from '../model/reference.ts';
import type { CallContext } from './call-context.ts';

/** A manifest as it is served. */
export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Exactly as pushed. Callers may share them, so they must not be changed. */
  readonly bytes: Buffer;
}

/** A manifest as a client pushes it. */
export interface NewManifest {
  readonly bytes: Buffer;
  /** The media type that the client gave, without parameters. */
  readonly contentType: string | undefined;
  /** Tags to set in addition to the reference. */
  readonly tags?: readonly Tag[];
}

/** The result of storing a manifest. */
export interface PutManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** The digest of the subject of this manifest. */
  readonly subject: Digest | undefined;
  /** What the client should do differently although the manifest was accepted; one sentence each. */
  readonly warnings: readonly string[];
}

/** Options for reading a manifest. */
export interface GetOptions {
  /** If a tag names a Docker manifest list, return its image for linux/amd64 instead. */
  readonly withoutLists?: boolean;
  /** If a tag names a Docker image or a list of them, return it as schema 1, if the registry can. */
  readonly withoutSchema2?: boolean;
  /** The manifest to which the tag pointed at this time, instead of now. It needs a history of tags. */
  readonly asOf?: Date | undefined;
}

/** The manifests of repositories. */
export interface ManifestService {
  /** Whether the repository has the manifest. */
  exists(name: RepositoryName, reference: Reference, context?: CallContext): Promise<boolean>;

  /**
   * The manifest, with its bytes as pushed. It returns whatever is stored, even a manifest that could not be pushed
   * here.
   * @throws RegistryError `MANIFEST_UNKNOWN`, also for a list without an image for linux/amd64 if that was requested,
   * and for bytes that are damaged, so that clients push them again; with `asOf`, `QUERY_INVALID` without a history and
   * `STATE_CONFLICT` when that is unclear
   */
  get(name: RepositoryName, reference: Reference, options?: GetOptions, context?: CallContext): Promise<StoredManifest>;

  /**
   * Verifies a manifest, stores it, then sets the tags: after any failure, no tag names a manifest that does not exist.
   * @throws RegistryErrors with everything that is invalid or missing
   */
  put(name: RepositoryName, reference: Reference, manifest: NewManifest, context?: CallContext): Promise<PutManifest>;

  /**
   * Removes a tag, or a manifest with every tag that points at it.
   * @throws RegistryError `MANIFEST_UNKNOWN`
   */
  delete(name: RepositoryName, reference: Reference, context?: CallContext): Promise<void>;
}

/** The tags that a push sets: that of its reference, then those of the manifest. */
export function tagsOfPush(reference: Reference, { tags = [] }: Pick<NewManifest, 'tags'>): readonly Tag[] {
  return reference.kind === 'tag' ? [reference.tag, ...tags] : tags;
}
