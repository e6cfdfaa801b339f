import { inject, injectable, STORAGE_DRIVER } from '../../di.ts';
import { type Digest, isDigest } from '../../digest/digest.ts';
import type { StorageDriver } from '../../driver/index.ts';
import type { RepositoryName } from '../../model/reference.ts';
import { PathMapper } from '../paths/path-mapper.ts';
import { RepositoryStore } from '../repository-store.ts';
import { deleteIfPresent, readSmallFile } from '../small-files.ts';

/** The names of 100 000 manifests are 10 MB. */
const MAX_BYTES = 64 * 1024 * 1024;
/** So many lines fit, also with the longest digests; the time of other manifests begins anew. */
const MAX_MANIFESTS = 350_000;

/**
 * Since when manifests are known to have no tag: a file for each repository that has any. A repository that is renamed
 * or copied begins anew.
 */
@injectable()
export class UntaggedStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;
  readonly #repositories: RepositoryStore;

  constructor(
    @inject(STORAGE_DRIVER) driver: StorageDriver,
    @inject(PathMapper) paths: PathMapper,
    @inject(RepositoryStore) repositories: RepositoryStore,
  ) {
    this.#driver = driver;
    this.#paths = paths;
    this.#repositories = repositories;
  }

  /** The repositories with a record. One driver call for each. */
  repositories(): AsyncGenerator<RepositoryName, void, undefined> {
    return this.#repositories.walkAll(this.#paths.collections.untagged());
  }

  /** In milliseconds since 1970; what cannot be read counts as unknown. One driver call. */
  async read(name: RepositoryName): Promise<ReadonlyMap<Digest, number>> {
    const path = this.#paths.collections.untaggedOf(name);
    const text = (await readSmallFile(this.#driver, path, { maxBytes: MAX_BYTES }))?.toString('latin1') ?? '';
    const times = new Map<Digest, number>();
    for (const line of text.split('\n')) {
      const [time = '', digest = ''] = line.split(' ');
      const ms = Date.parse(time);
      if (isDigest(digest) && !Number.isNaN(ms)) times.set(digest, ms);
    }
    return times;
  }

  /** Replaces what is known of a repository; of more than 350 000 manifests, keeps the oldest times. One driver call. */
  async write(name: RepositoryName, times: ReadonlyMap<Digest, number>): Promise<void> {
    const path = this.#paths.collections.untaggedOf(name);
    if (times.size === 0) {
      await deleteIfPresent(this.#driver, path);
      return;
    }
    const oldest = [...times];
    if (oldest.length > MAX_MANIFESTS) oldest.sort(([, one], [, other]) => one - other).splice(MAX_MANIFESTS);
    const lines = oldest.map(([digest, ms]) => `${new Date(ms).toISOString()} ${digest}\n`);
    await this.#driver.write(path, Buffer.from(lines.join(''), 'latin1'));
  }

  /** Removes empty folders. */
  async prune(): Promise<void> {
    await this.#driver.prune?.(this.#paths.collections.untagged());
  }
}
