import { algorithmFolder, algorithmOf, type Digest, hexOf, isDigest } from '../../digest/digest.ts';
import { parentPath, type StoragePath } from '../../driver/index.ts';
import type { RepositoryName, Tag, UploadId } from '../../model/reference.ts';
import { AccessTokenPaths } from './access-token-paths.ts';
import { CollectionPaths } from './collection-paths.ts';
import { CopyPaths } from './copy-paths.ts';
import { digestFolder } from './digest-folder.ts';
import { DoctorPaths } from './doctor-paths.ts';
import { PullPaths } from './pull-paths.ts';
import { TagHistoryPaths } from './tag-history-paths.ts';
import { TrashPaths } from './trash-paths.ts';

/**
 * Maps everything to its storage path: the layout of CNCF distribution, byte for byte. No other code builds a path.
 *
 * ```
 * /docker/registry/v2
 * ├── blobs/<alg>/<first two hex digits>/<hex>/data      bytes of a blob or a manifest, for all repositories
 * ├── _auth                                              Stowage's own, ignored by distribution; secret
 * │   ├── signing-key                                    the key that signs tokens (PEM), where instances share one
 * │   └── tokens/<hash of a user>/<id>                   a personal access token
 * │       ├── token                                      what it is, with a hash of its secret
 * │       └── last-use                                   the day of its last use
 * ├── _copy                                              Stowage's own, ignored by distribution
 * │   ├── access-copied                                  `_auth` was copied from another storage
 * │   ├── parts/<id>                                     content on its way here from another storage
 * │   ├── readers/<id>                                   a process that also reads that storage
 * │   └── unordered/<name>/_until                        until when times of tags do not tell their order
 * ├── _doctor                                            Stowage's own, ignored by distribution
 * │   ├── instances/<id>                                 which secrets an instance has, as fingerprints
 * │   └── trials/<id>                                    what a check tries out
 * ├── _pulls/recording                                   Stowage's own, ignored by distribution: when pulls were recorded
 * ├── _quarantine/<alg>/<hex>/<id>                       Stowage's own, ignored by distribution: damaged content
 * ├── _trash                                             Stowage's own, ignored by distribution
 * │   ├── repositories/<name>/_deleted/<id>              a tag or manifest that was deleted, as JSON
 * │   └── swept/<id of a collection>
 * │       ├── swept-at                                   when the collection last swept something
 * │       └── {blobs,repositories}/…                     the files that it has swept, under their own paths
 * ├── _jobs/<job>                                        Stowage's own, ignored by distribution
 * │   ├── last-run                                       when the job last ran, and its result
 * │   ├── last-dry-run                                   the same of the newest dry run by the admin API
 * │   ├── cancellation                                   which run of the job an operator has cancelled
 * │   └── checkpoint                                     the progress of a run that has not completed
 * ├── _jobs/gc/collections/<id>                          a garbage collection under way
 * │   ├── candidates                                     what it may remove, as text
 * │   ├── filter, returned                               the same as a Bloom filter, from beginning to end; a late return
 * │   ├── kept/<alg>/<hex>                               a request has relied on this candidate, so it stays
 * │   └── aside/{blobs,repositories,remains}/…           a candidate that is being removed, under the name of its folder
 * ├── _jobs/gc/collections/change-<id>/change            a repository that is being deleted or renamed, where requests look
 * ├── _jobs/repository-changes/ended/change-<id>         how it has ended, for a week
 * ├── _jobs/gc/untagged/<name>/_since                    since when manifests have had no tag
 * └── repositories/<name>
 *     ├── _history/<tag>/<time and digests>              a move of the tag; Stowage's own, ignored by distribution
 *     ├── _layers/<alg>/<hex>/link                       the repository has this blob
 *     ├── _manifests                                     makes <name> a repository
 *     │   ├── revisions/<alg>/<hex>
 *     │   │   ├── link                                   the repository has this manifest
 *     │   │   └── signatures/<alg>/<hex>/link            a signature of it, whose bytes are a blob (schema 1)
 *     │   └── tags/<tag>
 *     │       ├── current/link                           what the tag points at
 *     │       └── index/<alg>/<hex>/link                 everything it ever pointed at
 *     ├── _referrers/<alg>/<hex>                         the subject of the manifests below
 *     │   └── <alg>/<hex>/descriptor                     the entry of one, rebuilt from the revisions; Stowage's own
 *     ├── _pulls/<day>-<process>                         when manifests were pulled; Stowage's own, ignored by distribution
 *     └── _uploads/<id>
 *         ├── data                                       bytes so far
 *         ├── hashstates/<alg>/<offset>                  the digest state of the first <offset> bytes
 *         └── startedat                                  RFC 3339, UTC; without it the upload does not exist
 * ```
 * A link file holds the digest as text, without a newline; a descriptor file holds a descriptor as JSON.
 */
export class PathMapper {
  /** The key that signs tokens, and personal access tokens. */
  readonly accessTokens: AccessTokenPaths;
  /** Garbage collections under way. */
  readonly collections: CollectionPaths;
  /** What is on its way here from another storage. */
  readonly copies: CopyPaths;
  /** What `stowage doctor` writes. */
  readonly doctor: DoctorPaths;
  /** When manifests were pulled. */
  readonly pulls: PullPaths;
  /** The moves of tags. */
  readonly tagHistory: TagHistoryPaths;
  /** What was deleted or swept, and can come back. */
  readonly trash: TrashPaths;
  readonly #root: string;

  constructor(root = '/docker/registry/v2') {
    this.#root = root;
    this.accessTokens = new AccessTokenPaths(root);
    this.collections = new CollectionPaths(root);
    this.copies = new CopyPaths(root);
    this.doctor = new DoctorPaths(root);
    this.pulls = new PullPaths(root);
    this.tagHistory = new TagHistoryPaths(root);
    this.trash = new TrashPaths(root);
  }

  /** The bytes addressed by `digest`. */
  blobData(digest: Digest): StoragePath {
    const hex = hexOf(digest);
    return `${this.#root}/blobs/${algorithmFolder(algorithmOf(digest))}/${hex.slice(0, 2)}/${hex}/data` as StoragePath;
  }

  /** The folder with all bytes that are addressed by a digest, of one algorithm or of all. */
  blobs(algorithm?: string): StoragePath {
    const folder = `${this.#root}/blobs`;
    return (algorithm === undefined ? folder : `${folder}/${algorithmFolder(algorithm)}`) as StoragePath;
  }

  /** The folder of the blob or manifest that is addressed by `digest`. */
  blobFolder(digest: Digest): StoragePath {
    return parentPath(this.blobData(digest));
  }

  /** The folder with all bytes that are addressed by a digest of `algorithm`, or by one that begins with `prefix`. */
  blobsBy(algorithm: string, prefix?: string): StoragePath {
    const folder = `${this.blobs()}/${algorithmFolder(algorithm)}`;
    return (prefix === undefined ? folder : `${folder}/${prefix}`) as StoragePath;
  }

  /** The folder with what was found to be wrong, by digests of `algorithm`; each is a folder named after its hex digits. */
  quarantine(algorithm: string): StoragePath {
    return `${this.#root}/_quarantine/${algorithmFolder(algorithm)}` as StoragePath;
  }

  quarantineFolder(digest: Digest): StoragePath {
    return `${this.quarantine(algorithmOf(digest))}/${hexOf(digest)}` as StoragePath;
  }

  quarantineEntry(digest: Digest, id: string): StoragePath {
    return `${this.quarantineFolder(digest)}/${id}` as StoragePath;
  }

  /** The folder with the key that signs tokens and with personal access tokens. */
  access(): StoragePath {
    return `${this.#root}/_auth` as StoragePath;
  }

  /** The digest whose bytes are stored at `path`; `undefined` when it is not the path of a blob. */
  digestOfBlob(path: StoragePath): Digest | undefined {
    if (!path.endsWith('/data')) return undefined;
    const [, algorithm, hex] = /\/blobs\/([^/]+)\/[0-9a-f]{2}\/([0-9a-f]+)\/data$/.exec(path) ?? [];
    const digest = `${algorithm}:${hex}`;
    return isDigest(digest) && this.blobData(digest) === path ? digest : undefined;
  }

  /** The record of the newest run of a job. */
  jobLastRun(job: string): StoragePath {
    return `${this.#root}/_jobs/${job}/last-run` as StoragePath;
  }

  /** The record of the newest dry run that the admin API has begun. */
  jobLastDryRun(job: string): StoragePath {
    return `${this.#root}/_jobs/${job}/last-dry-run` as StoragePath;
  }

  /** Which run of a job was cancelled. */
  jobCancellation(job: string): StoragePath {
    return `${this.#root}/_jobs/${job}/cancellation` as StoragePath;
  }

  /** The progress of a run that has not completed. */
  jobCheckpoint(job: string): StoragePath {
    return `${this.#root}/_jobs/${job}/checkpoint` as StoragePath;
  }

  /** The folder with all repositories. */
  repositories(): StoragePath {
    return `${this.#root}/repositories` as StoragePath;
  }

  repository(name: RepositoryName): StoragePath {
    return `${this.#root}/repositories/${name}` as StoragePath;
  }

  /** The folder with the links to blobs whose digests use `algorithm`; without it, with a folder for each algorithm. */
  layers(name: RepositoryName, algorithm?: string): StoragePath {
    const folder = `${this.repository(name)}/_layers`;
    return (algorithm === undefined ? folder : `${folder}/${algorithmFolder(algorithm)}`) as StoragePath;
  }

  layerLink(name: RepositoryName, digest: Digest): StoragePath {
    return `${this.repository(name)}/_layers/${digestFolder(digest)}/link` as StoragePath;
  }

  layerFolder(name: RepositoryName, digest: Digest): StoragePath {
    return `${this.repository(name)}/_layers/${digestFolder(digest)}` as StoragePath;
  }

  /** The folder whose presence makes `name` a repository. */
  manifests(name: RepositoryName): StoragePath {
    return `${this.repository(name)}/_manifests` as StoragePath;
  }

  /** The folder with the manifests whose digests use `algorithm`; without it, with a folder for each algorithm. */
  revisions(name: RepositoryName, algorithm?: string): StoragePath {
    const folder = `${this.manifests(name)}/revisions`;
    return (algorithm === undefined ? folder : `${folder}/${algorithmFolder(algorithm)}`) as StoragePath;
  }

  revisionLink(name: RepositoryName, digest: Digest): StoragePath {
    return `${this.manifests(name)}/revisions/${digestFolder(digest)}/link` as StoragePath;
  }

  revisionFolder(name: RepositoryName, digest: Digest): StoragePath {
    return `${this.manifests(name)}/revisions/${digestFolder(digest)}` as StoragePath;
  }

  /** The folder with the signatures of a manifest whose digests use `algorithm`. */
  signatures(name: RepositoryName, revision: Digest, algorithm: string): StoragePath {
    return `${this.revisionFolder(name, revision)}/signatures/${algorithmFolder(algorithm)}` as StoragePath;
  }

  signatureLink(name: RepositoryName, revision: Digest, signature: Digest): StoragePath {
    return `${this.signatures(name, revision, algorithmOf(signature))}/${hexOf(signature)}/link` as StoragePath;
  }

  tags(name: RepositoryName): StoragePath {
    return `${this.manifests(name)}/tags` as StoragePath;
  }

  tag(name: RepositoryName, tag: Tag): StoragePath {
    return `${this.tags(name)}/${tag}` as StoragePath;
  }

  tagCurrentLink(name: RepositoryName, tag: Tag): StoragePath {
    return `${this.tag(name, tag)}/current/link` as StoragePath;
  }

  /** The folder with everything that the tag ever pointed at. */
  tagIndex(name: RepositoryName, tag: Tag): StoragePath {
    return `${this.tag(name, tag)}/index` as StoragePath;
  }

  tagIndexLink(name: RepositoryName, tag: Tag, digest: Digest): StoragePath {
    return `${this.tagIndex(name, tag)}/${digestFolder(digest)}/link` as StoragePath;
  }

  /** The folder with a folder for each subject of a manifest. */
  allSubjects(name: RepositoryName): StoragePath {
    return `${this.repository(name)}/_referrers` as StoragePath;
  }

  /** The folders of the repository, and not of one whose name begins with its own, but for {@link pulls}; what makes it one last. */
  everythingOf(name: RepositoryName): readonly StoragePath[] {
    const history = this.tagHistory.of(name);
    return [history, this.allSubjects(name), this.uploads(name), this.layers(name), this.manifests(name)];
  }

  /** The folder of all referrers of `subject`, with a folder for each algorithm. */
  allReferrers(name: RepositoryName, subject: Digest): StoragePath {
    return `${this.allSubjects(name)}/${digestFolder(subject)}` as StoragePath;
  }

  /**
   * The folder with the referrers of `subject` whose digests use `algorithm`; each is a folder named after its hex
   * digits.
   */
  referrers(name: RepositoryName, subject: Digest, algorithm: string): StoragePath {
    return `${this.allReferrers(name, subject)}/${algorithmFolder(algorithm)}` as StoragePath;
  }

  /** The folder of one referrer of `subject`. */
  referrerFolder(name: RepositoryName, subject: Digest, digest: Digest): StoragePath {
    return `${this.referrers(name, subject, algorithmOf(digest))}/${hexOf(digest)}` as StoragePath;
  }

  referrerDescriptor(name: RepositoryName, subject: Digest, digest: Digest): StoragePath {
    return `${this.referrerFolder(name, subject, digest)}/descriptor` as StoragePath;
  }

  uploads(name: RepositoryName): StoragePath {
    return `${this.repository(name)}/_uploads` as StoragePath;
  }

  upload(name: RepositoryName, id: UploadId): StoragePath {
    return `${this.uploads(name)}/${id}` as StoragePath;
  }

  uploadData(name: RepositoryName, id: UploadId): StoragePath {
    return `${this.upload(name, id)}/data` as StoragePath;
  }

  /** The folder of saved digest states, of one algorithm or of all. */
  uploadHashStates(name: RepositoryName, id: UploadId, algorithm?: string): StoragePath {
    const folder = `${this.upload(name, id)}/hashstates`;
    return (algorithm === undefined ? folder : `${folder}/${algorithm}`) as StoragePath;
  }

  uploadStartedAt(name: RepositoryName, id: UploadId): StoragePath {
    return `${this.upload(name, id)}/startedat` as StoragePath;
  }
}

/** The entry for an algorithm in a folder of algorithms. */
export function algorithmEntry(algorithm: string): string {
  return algorithmFolder(algorithm).split('/')[0] ?? '';
}
