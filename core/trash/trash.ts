import { mapConcurrently } from '../async/concurrency.ts';
import type { Digest } from '../digest/digest.ts';
import type { StoragePath } from '../driver/index.ts';
import { readStoredManifest } from '../manifests/stored-manifest.ts';
import { SCHEMA_1_MANIFEST, SCHEMA_1_SIGNED_MANIFEST } from '../model/media-types.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import { inBatches } from '../registry/local/iterables.ts';
import type { Inventory } from '../storage/collection/inventory.ts';
import type { TrashStore } from '../storage/trash-store.ts';
import { createDeletedId, type Deleted, type DeletedId, parseDeleted, parseDeletedId } from './deleted.ts';
import type { DeletionOrigin, EmptyOptions, KeptDeletions, ManifestToDelete, TrashSize } from './kept-deletions.ts';

const CONCURRENCY = 16;

/** What the trash works on. */
export interface TrashDependencies {
  readonly store: TrashStore;
  readonly inventory: Pick<Inventory, 'signatures'>;
  /** The time, in milliseconds since 1970. Default: that of this machine. */
  readonly now?: (() => number) | undefined;
}

/** How long something can come back. */
export interface TrashOptions {
  readonly keepMs: number;
}

/** A deletion that is in the trash. */
export interface InTrash {
  readonly name: RepositoryName;
  readonly id: string;
  readonly deleted: Deleted;
}

/**
 * Keeps what is deleted for a while. Every deletion is written before anything is removed, so a crash at any time leaves
 * either what was there or what brings it back. A collection keeps everything that a manifest in the trash needs, and
 * moves what it sweeps into the trash.
 *
 * Nothing leaves the trash before `keepMs` have passed by the clock of this process since the deletion, as the clock of
 * the process that deleted it and that of the storage say; the later one counts. A clock that is set back keeps
 * everything longer.
 */
export class Trash implements KeptDeletions {
  readonly #store: TrashStore;
  readonly #inventory: Pick<Inventory, 'signatures'>;
  readonly #now: () => number;
  readonly keepMs: number;

  constructor({ store, inventory, now = Date.now }: TrashDependencies, { keepMs }: TrashOptions) {
    this.#store = store;
    this.#inventory = inventory;
    this.#now = now;
    this.keepMs = keepMs;
  }

  async recordTag(name: RepositoryName, deleted: { tag: Tag; digest: Digest }, origin: DeletionOrigin): Promise<void> {
    await this.#put(name, { kind: 'tag', ...deleted, deletedAtMs: this.#now(), ...origin });
  }

  async recordManifest(
    name: RepositoryName,
    { digest, tags, bytes }: ManifestToDelete,
    origin: DeletionOrigin,
  ): Promise<void> {
    const { mediaType, subject, blobs, children } = readStoredManifest(bytes ?? Buffer.of());
    const isSchema1 = mediaType === SCHEMA_1_MANIFEST || mediaType === SCHEMA_1_SIGNED_MANIFEST;
    const signatures = isSchema1 ? await this.#inventory.signatures(name, digest) : [];
    const sizes = new Map([...blobs, ...children].map((named) => [named.digest, named.size]));
    const size = [...sizes.values()].reduce((sum, each) => sum + each, bytes?.byteLength ?? 0);
    const deletedAtMs = this.#now();
    const contents = { mediaType, subject: subject?.digest, signatures, size };
    await this.#put(name, { kind: 'manifest', digest, tags, ...contents, deletedAtMs, ...origin });
  }

  async keepSwept(collection: string, paths: readonly StoragePath[]): Promise<void> {
    if (paths.length === 0) return;
    await this.#store.putSweptAt(collection, this.#now());
    await mapConcurrently(paths, CONCURRENCY, (path) => this.#store.keepAside(collection, path));
    await this.#store.putSweptAt(collection, this.#now());
  }

  async keepLink(change: string, name: RepositoryName, link: { digest: Digest; target: Digest }): Promise<void> {
    await this.#store.putSweptAt(change, this.#now());
    await this.#store.putSweptLink(change, name, link);
    await this.#store.putSweptAt(change, this.#now());
  }

  repositories(): AsyncGenerator<RepositoryName, void, undefined> {
    return this.#store.repositories();
  }

  async manifestsOf(name: RepositoryName): Promise<ReadonlySet<Digest>> {
    const digests = new Set<Digest>();
    for await (const { digest } of this.ids(name)) digests.add(digest);
    return digests;
  }

  async signaturesOf(name: RepositoryName, digest: Digest): Promise<readonly Digest[]> {
    const found: Digest[] = [];
    for await (const { deleted } of this.deletedFrom(name, (id) => id.digest === digest))
      if (deleted.kind === 'manifest') found.push(...deleted.signatures);
    return found;
  }

  /** The ids of {@link ids}, only those after `after`, which need not exist. One driver call. */
  async *idsAfter(name: RepositoryName, after: string | undefined): AsyncGenerator<string, void, undefined> {
    for await (const id of this.#store.deletedIds(name, after)) if (parseDeletedId(id) !== undefined) yield id;
  }

  /** What was ever deleted from a repository, the oldest first, also what came back. One driver call. */
  async *ids(name: RepositoryName): AsyncGenerator<DeletedId, void, undefined> {
    for await (const text of this.#store.deletedIds(name)) {
      const id = parseDeletedId(text);
      if (id !== undefined) yield id;
    }
  }

  /** What was deleted from a repository and has not come back, the oldest first. One driver call for each. */
  async *deletedFrom(
    name: RepositoryName,
    isWanted: (id: DeletedId) => boolean = () => true,
  ): AsyncGenerator<InTrash, void, undefined> {
    for await (const batch of inBatches(this.ids(name), CONCURRENCY)) {
      const read = await mapConcurrently(batch.filter(isWanted), CONCURRENCY, ({ id }) => this.read(name, id));
      yield* read.filter((each) => each !== undefined);
    }
  }

  /** A deletion; `undefined` when it has come back, or is not in the trash. One driver call. */
  async read(name: RepositoryName, id: string): Promise<InTrash | undefined> {
    const deleted = parseDeleted(await this.#store.readDeleted(name, id));
    return deleted === undefined || deleted.restoredAtMs !== undefined ? undefined : { name, id, deleted };
  }

  /** Records that a deletion was undone. It stays until its time is over, so that no collection misses it. */
  async markRestored({ name, id, deleted }: InTrash): Promise<void> {
    await this.#store.putDeleted(name, id, { ...deleted, restoredAtMs: this.#now() });
  }

  /** Replaces a deletion by one of which some tags came back. */
  async keepTags({ name, id, deleted }: InTrash): Promise<void> {
    await this.#store.putDeleted(name, id, deleted);
  }

  async empty(options: EmptyOptions): Promise<TrashSize> {
    const { signal, dryRun, now = false, onStep, repository } = options;
    let [items, bytes] = [0, 0];
    for await (const name of repository === undefined ? this.#store.repositories() : [repository]) {
      for await (const batch of inBatches(this.ids(name), CONCURRENCY)) {
        signal.throwIfAborted();
        onStep?.();
        const isOver = await mapConcurrently(batch, CONCURRENCY, async (each) => now || this.#isOver(name, each));
        const over = batch.filter((_each, index) => isOver[index]);
        if (!dryRun) await mapConcurrently(over, CONCURRENCY, ({ id }) => this.#store.removeDeleted(name, id));
        items += over.length;
      }
    }
    for (const collection of repository === undefined ? await this.#store.sweepers() : []) {
      signal.throwIfAborted();
      const sweptAtMs = await this.#store.sweptAt(collection);
      if (!now && sweptAtMs === undefined && !dryRun) await this.#store.putSweptAt(collection, this.#now());
      if (!now && (sweptAtMs === undefined || !this.#isPast(sweptAtMs))) continue;
      const size = await this.#sizeSweptBy(collection, { signal, onStep });
      if (!dryRun) await this.#store.removeSweptBy(collection);
      items += size.items;
      bytes += size.bytes;
    }
    if (!dryRun && items > 0) await this.#store.prune();
    return { items, bytes };
  }

  async sizeSwept(options: Pick<EmptyOptions, 'signal' | 'onStep'>): Promise<TrashSize> {
    let [items, bytes] = [0, 0];
    for (const collection of await this.#store.sweepers()) {
      const size = await this.#sizeSweptBy(collection, options);
      items += size.items;
      bytes += size.bytes;
    }
    return { items, bytes };
  }

  async #sizeSweptBy(
    collection: string,
    { signal, onStep }: { readonly signal: AbortSignal; readonly onStep?: (() => void) | undefined },
  ): Promise<TrashSize> {
    let [items, bytes] = [0, 0];
    const onFile = (size: number): void => {
      signal.throwIfAborted();
      onStep?.();
      items += 1;
      bytes += size;
    };
    await this.#store.sizesOfSwept(collection, { limit: CONCURRENCY, onFile });
    return { items, bytes };
  }

  async #put(name: RepositoryName, deleted: Deleted): Promise<void> {
    await this.#store.putDeleted(name, createDeletedId(deleted), deleted);
  }

  /** The clock of the storage is asked only if that of the process says so. */
  async #isOver(name: RepositoryName, { id, deletedAtMs }: DeletedId): Promise<boolean> {
    if (!this.#isPast(deletedAtMs)) return false;
    const writtenAt = await this.#store.deletedAt(name, id);
    return writtenAt !== undefined && this.#isPast(writtenAt.getTime());
  }

  #isPast(atMs: number): boolean {
    return this.#now() - atMs >= this.keepMs;
  }
}
