import { LRUCache } from 'lru-cache';
import { mapConcurrently } from '../../core/async/concurrency.ts';
import type { Digest } from '../../core/digest/digest.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import type { Grant } from '../../core/ports/access-controller.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import { nextAfter } from '../../core/registry/page.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { mayPull } from './visibility.ts';

/** The most repositories that one search asks for the blob. */
const MAX_ASKED = 100;
/** The most names that one search passes, of repositories that the client may pull and of others. */
const MAX_NAMES = 300;
const NAMES_AT_A_TIME = 50;
const CONCURRENCY = 16;
/** Blobs whose repositories are remembered, at most about 2 MB. */
const MAX_BLOBS = 5000;
const MAX_HOLDERS = 4;

/** A mount whose source the client leaves open. */
export interface OpenMount {
  /** The repository that is to get the blob. */
  readonly target: RepositoryName;
  readonly digest: Digest;
  readonly grant: Grant;
  readonly call: CallContext;
}

/**
 * Finds a repository from which a blob can be mounted, for clients that may pull from some repositories but not from all.
 *
 * Only repositories that the client may pull are asked, and nothing else depends on whether the blob exists: the client
 * cannot tell a blob that others have from one that nobody has, not even by the time that the answer takes. How many
 * repositories others have can matter, because a search passes a limited number of names.
 */
export class MountSources {
  readonly #registry: Pick<Registry, 'layers' | 'catalog'>;
  readonly #holders = new LRUCache<Digest, readonly RepositoryName[]>({ max: MAX_BLOBS });

  constructor(registry: Pick<Registry, 'layers' | 'catalog'>) {
    this.#registry = registry;
  }

  /**
   * Remembers that a repository has a blob, which it may lose at any time.
   * @param grant that of the request that has found the blob or stored it; without `allows`, all clients may mount from `*`
   */
  note(name: RepositoryName, digest: Digest, grant: Grant | undefined): void {
    if (grant?.allows === undefined) return;
    const known = this.#holders.get(digest) ?? [];
    if (known[0] === name) return;
    this.#holders.set(digest, [name, ...known.filter((other) => other !== name)].slice(0, MAX_HOLDERS));
  }

  /**
   * A repository that has the blob and that the client may pull from. First come those in which this process has seen the
   * blob, then those of the catalog: from the namespace of the target to the end, and from the beginning. The storage has
   * no index from blobs to repositories, so the search ends after 100 repositories, or after 300 names. It then costs 100
   * calls of `exists`, 16 at a time, and what the catalog needs for 300 names: 5 ms on a local disk, 1 s on a storage that
   * answers in 50 ms.
   * @returns `undefined` when none is found
   */
  async find({ target, digest, grant, call }: OpenMount): Promise<RepositoryName | undefined> {
    const known = this.#holders.get(digest)?.filter((name) => mayPull(grant, name)) ?? [];
    const found = await this.#ask(known, digest, call);
    if (found !== undefined) return found;
    let asked = 0;
    for await (const names of this.#names(target, call)) {
      const visible = names.filter((name) => mayPull(grant, name)).slice(0, MAX_ASKED - asked);
      const holder = await this.#ask(visible, digest, call);
      if (holder !== undefined) return holder;
      asked += visible.length;
      if (asked >= MAX_ASKED) break;
    }
    return undefined;
  }

  /** The first of these repositories that has the blob. */
  async #ask(names: readonly RepositoryName[], digest: Digest, call: CallContext): Promise<RepositoryName | undefined> {
    const answers = await mapConcurrently(names, CONCURRENCY, async (name) => {
      try {
        return await this.#registry.layers.exists(name, digest, call);
      } catch (error) {
        // A registry wrapper may refuse one repository.
        if (REFUSALS.some((code) => RegistryError.is(error, code))) return false;
        throw error;
      }
    });
    return names[answers.indexOf(true)];
  }

  async *#names(target: RepositoryName, call: CallContext): AsyncGenerator<readonly RepositoryName[], void, undefined> {
    const { catalog } = this.#registry;
    const namespace = target.slice(0, Math.max(target.lastIndexOf('/'), 0));
    const seen = new Set<RepositoryName>();
    for (const start of namespace === '' ? [undefined] : [namespace, undefined]) {
      let after: string | undefined = start;
      do {
        call.signal?.throwIfAborted();
        const page = await catalog.list({ limit: NAMES_AT_A_TIME, after }, call);
        const names = page.items.filter((name) => !seen.has(name));
        for (const name of names) seen.add(name);
        yield names;
        // The second round ends where the first one began.
        if (seen.size >= MAX_NAMES || names.length < page.items.length) break;
        after = nextAfter(page, after);
      } while (after !== undefined);
      if (seen.size >= MAX_NAMES) return;
    }
  }
}

const REFUSALS = ['BLOB_UNKNOWN', 'NAME_UNKNOWN', 'DENIED', 'UNAUTHORIZED'] as const;
