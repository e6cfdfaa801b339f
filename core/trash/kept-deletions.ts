import type { Digest } from '../digest/digest.ts';
import type { StoragePath } from '../driver/index.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';

/** A manifest that is about to be deleted. */
export interface ManifestToDelete {
  readonly digest: Digest;
  readonly tags: readonly Tag[];
  /** `undefined` when they are lost or damaged: it can come back, but its content is not kept. */
  readonly bytes: Buffer | undefined;
}

/** Who or what deletes something. */
export interface DeletionOrigin {
  /** The user, or the job; absent for an anonymous user. */
  readonly by: string | undefined;
  /** The delete of the whole repository, if it is one. */
  readonly change?: string | undefined;
}

/** A number of tags, manifests and swept files, and the bytes of these files. */
export interface TrashSize {
  readonly items: number;
  readonly bytes: number;
}

/** How the trash is emptied. */
export interface EmptyOptions {
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  /** Whether to remove everything, however long it has been there. */
  readonly now?: boolean;
  /** Only what was deleted from this repository, and nothing that collections have swept. */
  readonly repository?: RepositoryName | undefined;
  /** Called every few driver calls. */
  readonly onStep?: () => void;
}

/** Records what is about to be deleted. If it fails, nothing is deleted. */
export type DeleteRecorder = Pick<KeptDeletions, 'recordTag' | 'recordManifest'>;

/** What deletes and collections need of the trash: what the injection token stands for. */
export interface KeptDeletions {
  /** Records a tag that is about to be deleted, durably. One driver call. */
  recordTag(name: RepositoryName, deleted: { tag: Tag; digest: Digest }, origin: DeletionOrigin): Promise<void>;

  /** Records a manifest that is about to be deleted, durably. One driver call; for schema 1, one more before it. */
  recordManifest(name: RepositoryName, deleted: ManifestToDelete, origin: DeletionOrigin): Promise<void>;

  /** Keeps files that a collection has set aside, instead of removing them. One driver call for each, and two more. */
  keepSwept(collection: string, paths: readonly StoragePath[]): Promise<void>;

  /**
   * Keeps the link to a blob whose content is stored under another digest, which nothing else names, for as long as what the
   * change has removed. Three driver calls.
   */
  keepLink(change: string, name: RepositoryName, link: { digest: Digest; target: Digest }): Promise<void>;

  /** The repositories from which something was deleted. One driver call for each. */
  repositories(): AsyncIterable<RepositoryName>;

  /**
   * The manifests that a deletion names in a repository, also if they came back meanwhile: a collection keeps what they
   * need. One driver call.
   */
  manifestsOf(name: RepositoryName): Promise<ReadonlySet<Digest>>;

  /** The signatures that manifests of schema 1 had. One driver call for each deletion of the manifest. */
  signaturesOf(name: RepositoryName, digest: Digest): Promise<readonly Digest[]>;

  /**
   * Removes what has been in the trash for its time.
   * @returns what was removed, or would be
   */
  empty(options: EmptyOptions): Promise<TrashSize>;

  /** What collections have swept. One driver call for each file. */
  sizeSwept(options: Pick<EmptyOptions, 'signal' | 'onStep'>): Promise<TrashSize>;
}
