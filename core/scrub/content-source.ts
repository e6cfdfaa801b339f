import type { Digest } from '../digest/digest.ts';
import type { ReadOptions, ReadStream } from '../driver/index.ts';
import type { RepositoryName } from '../model/reference.ts';

/** Where a repository refers to content. */
export interface ContentPlace {
  readonly repository: RepositoryName;
  readonly kind: 'manifest' | 'blob';
  /** The size in bytes that a manifest states; absent where no manifest was read. */
  readonly size?: number | undefined;
}

/** How content is read from a source. */
export interface SourceReadOptions extends ReadOptions {
  /** A place where the content is known to belong; absent: the source finds out if it has to know. */
  readonly place?: ContentPlace | undefined;
}

/** Something else that may have content, such as a storage that is replicated elsewhere. */
export interface ContentSource {
  /** For messages: `the replica`. */
  readonly name: string;
  /**
   * Opens its content of a digest, right or wrong; `undefined` when it has none.
   * @throws Error when it cannot be read
   */
  read(digest: Digest, options: SourceReadOptions): Promise<ReadStream | undefined>;
}
