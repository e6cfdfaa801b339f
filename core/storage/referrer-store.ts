import { LRUCache } from 'lru-cache';
import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import { type Digest, digestAlgorithms, isDigest } from '../digest/digest.ts';
import type { StorageDriver } from '../driver/index.ts';
import { type Descriptor, parseDescriptor } from '../model/descriptor.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { Referrer } from '../model/referrer.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './path-mapper.ts';
import { readSmallFile } from './small-files.ts';

/** Annotations can make a descriptor as large as the largest manifest. */
const MAX_DESCRIPTOR_BYTES = 64 * 1024 * 1024;
const MAX_CACHED = 20_000;
const MAX_CACHED_BYTES = 16 * 1024 * 1024;
/** A page of few referrers does not pay for the names of all. */
const MAX_GROUP = 128;

interface KnownEntry {
  readonly subject: Digest;
  readonly descriptor: Descriptor;
  readonly bytes: number;
}

/**
 * The referrers of a repository: an entry for each one, under its subject, with everything that a list contains, so
 * that listing reads no manifest. An entry may outlive its manifest when another program deletes the manifest, so a
 * list has to check each one. Entries that were read stay in memory: the content of a digest never changes.
 */
@injectable()
export class ReferrerStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;
  readonly #links: LinkStore;
  readonly #known = new LRUCache<Digest, KnownEntry>({
    max: MAX_CACHED,
    maxSize: MAX_CACHED_BYTES,
    // The object, and its text, which lists are made of.
    sizeCalculation: ({ bytes }) => 2 * bytes + 256,
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
   * The digests of the referrers of `subject` that have an entry, in byte order, in groups. One driver call for each
   * algorithm.
   * @param after only digests greater than this text
   */
  async *list(
    name: RepositoryName,
    subject: Digest,
    after: string | undefined,
  ): AsyncGenerator<readonly Digest[], void, undefined> {
    for (const algorithm of digestAlgorithms().sort()) {
      const prefix = `${algorithm}:`;
      const isInside = after?.startsWith(prefix) === true;
      if (after !== undefined && !isInside && after > prefix) continue;
      const hexAfter = isInside ? after.slice(prefix.length) : undefined;
      let group: Digest[] = [];
      for await (const hex of this.#links.folders(this.#paths.referrers(name, subject, algorithm), hexAfter)) {
        const digest = `${prefix}${hex}`;
        if (isDigest(digest)) group.push(digest);
        if (group.length < MAX_GROUP) continue;
        yield group;
        group = [];
      }
      if (group.length > 0) yield group;
    }
  }

  /** The content of the entry, when it is in memory. */
  known(subject: Digest, digest: Digest): Descriptor | undefined {
    const known = this.#known.get(digest);
    return known?.subject === subject ? known.descriptor : undefined;
  }

  /** The content of the entry; `undefined` when it is missing or cannot be read. One driver call. */
  async read(name: RepositoryName, subject: Digest, digest: Digest): Promise<Descriptor | undefined> {
    const path = this.#paths.referrerDescriptor(name, subject, digest);
    const bytes = await readSmallFile(this.#driver, path, { maxBytes: MAX_DESCRIPTOR_BYTES });
    const descriptor = bytes === undefined ? undefined : parseEntry(bytes, digest);
    if (bytes !== undefined && descriptor !== undefined) {
      this.#known.set(digest, { subject, descriptor, bytes: bytes.byteLength });
    }
    return descriptor;
  }
}

// An entry that is torn or foreign counts as absent.
function parseEntry(bytes: Buffer, digest: Digest): Descriptor | undefined {
  try {
    const descriptor = parseDescriptor(JSON.parse(bytes.toString()), 'descriptor');
    return descriptor.digest === digest ? descriptor : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || RegistryError.is(error)) return undefined;
    throw error;
  }
}
