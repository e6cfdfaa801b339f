import { LRUCache } from 'lru-cache';
import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import { contentAlgorithms, type Digest, isDigest } from '../digest/digest.ts';
import type { StorageDriver, StoragePath } from '../driver/index.ts';
import { type Descriptor, parseDescriptor } from '../model/descriptor.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { Referrer } from '../model/referrer.ts';
import { LinkStore } from './link-store.ts';
import { algorithmEntry, PathMapper } from './paths/path-mapper.ts';
import { readSmallFile, readStart } from './small-files.ts';

/** Annotations can make a descriptor as large as the largest manifest. */
const MAX_DESCRIPTOR_BYTES = 64 * 1024 * 1024;
/** Most descriptors have a few hundred bytes. */
const SMALL_BYTES = 16 * 1024;
const MAX_CACHED = 20_000;
const MAX_CACHED_BYTES = 16 * 1024 * 1024;
/** A driver may list names one by one. */
const MIN_GROUP = 1000;
const MAX_GROUPS = 1000;
/** A name and its digest take about 200 bytes. */
const MAX_NAMES = MAX_CACHED;

/** Consecutive digests of a list, and the names of their folders. */
interface Group {
  readonly names: readonly string[];
  readonly digests: readonly Digest[];
}

interface KnownEntry {
  readonly subject: Digest;
  readonly descriptor: Descriptor;
  readonly bytes: number;
}

/**
 * The referrers of a repository: an entry for each one, under its subject, with everything that a list contains, so
 * that listing reads no manifest. An entry may outlive its manifest when another program deletes the manifest, so a
 * list must check each one. Entries that were read stay in memory: the content of a digest never changes.
 */
@injectable()
export class ReferrerStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;
  readonly #links: LinkStore;
  readonly #known = new LRUCache<Digest, KnownEntry>({
    max: MAX_CACHED,
    maxSize: MAX_CACHED_BYTES,
    // The object and its text, from which lists are built.
    sizeCalculation: ({ bytes }) => 2 * bytes + 256,
  });

  readonly #groups = new LRUCache<string, Group>({
    max: MAX_GROUPS,
    maxSize: MAX_NAMES,
    sizeCalculation: ({ names }) => names.length,
  });

  constructor(
    @inject(STORAGE_DRIVER) driver: StorageDriver,
    @inject(PathMapper) paths: PathMapper,
    @inject(LinkStore) links: LinkStore,
  ) {
    this.#driver = driver;
    this.#paths = paths;
    this.#links = links;
  }

  /** Writes the entry of a referrer that the repository has, durably. One driver call. */
  async put(name: RepositoryName, { subject, descriptor }: Referrer): Promise<void> {
    const text = JSON.stringify(descriptor);
    await this.#driver.write(this.#paths.referrerDescriptor(name, subject, descriptor.digest), Buffer.from(text));
  }

  /** Removes the entry; a missing entry is not an error. One driver call. */
  async remove(name: RepositoryName, { subject, descriptor }: Referrer): Promise<void> {
    await this.#links.remove(this.#paths.referrerFolder(name, subject, descriptor.digest));
  }

  /**
   * The digests of the referrers of `subject` that have an entry, in byte order, in groups. An unchanged group is the
   * same array as before. One driver call, and one for each algorithm that a referrer has.
   * @param after only digests greater than this text
   */
  async *list(
    name: RepositoryName,
    subject: Digest,
    after: string | undefined,
  ): AsyncGenerator<readonly Digest[], void, undefined> {
    const entries = new Set<string>();
    for await (const names of this.#links.folderBatches(this.#paths.allReferrers(name, subject))) {
      for (const entry of names) entries.add(entry);
    }
    for (const algorithm of contentAlgorithms().sort()) {
      const prefix = `${algorithm}:`;
      const isInside = after?.startsWith(prefix) === true;
      const isBefore = after !== undefined && !isInside && after > prefix;
      if (isBefore || !entries.has(algorithmEntry(algorithm))) continue;
      const folder = this.#paths.referrers(name, subject, algorithm);
      let group: string[] = [];
      for await (const names of this.#links.folderBatches(folder, isInside ? after.slice(prefix.length) : undefined)) {
        group.push(...names);
        if (group.length < MIN_GROUP) continue;
        yield this.#digestsOf(folder, prefix, group);
        group = [];
      }
      if (group.length > 0) yield this.#digestsOf(folder, prefix, group);
    }
  }

  /** The digests of the names in a folder. */
  #digestsOf(folder: StoragePath, prefix: string, names: readonly string[]): readonly Digest[] {
    const key = `${folder}/${names[0]}`;
    const before = this.#groups.get(key);
    if (before?.names.length === names.length && before.names.every((name, index) => name === names[index])) {
      return before.digests;
    }
    const digests = names.map((name) => `${prefix}${name}`).filter((digest) => isDigest(digest));
    this.#groups.set(key, { names, digests });
    return digests;
  }

  /** The content of the entry, when it is in memory. */
  known(subject: Digest, digest: Digest): Descriptor | undefined {
    const known = this.#known.get(digest);
    return known?.subject === subject ? known.descriptor : undefined;
  }

  /**
   * The content of the entry, like {@link read}; `large` when it exceeds a few kilobytes, because many of those at a
   * time would take much memory. One driver call.
   */
  async readSmall(name: RepositoryName, subject: Digest, digest: Digest): Promise<Descriptor | 'large' | undefined> {
    const path = this.#paths.referrerDescriptor(name, subject, digest);
    const bytes = await readStart(this.#driver, path, { maxBytes: SMALL_BYTES + 1 });
    if (bytes !== undefined && bytes.byteLength > SMALL_BYTES) return 'large';
    return bytes && this.#take(bytes, subject, digest);
  }

  /** The content of the entry; `undefined` when it is missing or cannot be read. One driver call. */
  async read(name: RepositoryName, subject: Digest, digest: Digest): Promise<Descriptor | undefined> {
    const path = this.#paths.referrerDescriptor(name, subject, digest);
    const bytes = await readSmallFile(this.#driver, path, { maxBytes: MAX_DESCRIPTOR_BYTES });
    return bytes && this.#take(bytes, subject, digest);
  }

  #take(bytes: Buffer, subject: Digest, digest: Digest): Descriptor | undefined {
    const descriptor = parseEntry(bytes, digest);
    if (descriptor !== undefined) this.#known.set(digest, { subject, descriptor, bytes: bytes.byteLength });
    return descriptor;
  }
}

// A torn or foreign entry counts as absent.
function parseEntry(bytes: Buffer, digest: Digest): Descriptor | undefined {
  try {
    const descriptor = parseDescriptor(JSON.parse(bytes.toString()), 'descriptor');
    return descriptor.digest === digest ? descriptor : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || RegistryError.is(error)) return undefined;
    throw error;
  }
}
