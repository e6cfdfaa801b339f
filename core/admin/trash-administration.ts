import { mapConcurrently } from '../async/concurrency.ts';
import type { Digest } from '../digest/digest.ts';
import type { EmitEvent, EventDetails } from '../events/registry-events.ts';
import type { ManifestValidation } from '../manifests/manifest-validation.ts';
import type { Reference, RepositoryName, Tag } from '../model/reference.ts';
import type { CallContext } from '../registry/call-context.ts';
import { inBatches } from '../registry/local/iterables.ts';
import type { EmptyOptions, TrashSize } from '../trash/kept-deletions.ts';
import type { RepositoryReturn, ReturnedRepository } from '../trash/repository-return.ts';
import type { ReturnedContent } from '../trash/swept-content.ts';
import type { InTrash, Trash } from '../trash/trash.ts';
import type { Undeleted, UndeleteOptions, Undeleter } from '../trash/undeleter.ts';
import { type EntriesRequest, entriesByRepository, entryCursor } from './entries-by-repository.ts';

const CONCURRENCY = 16;

/** What operators reach the trash with. */
export interface TrashAdministrationDependencies {
  readonly trash: Trash;
  readonly undeleter: Undeleter;
  readonly repositoryReturn: RepositoryReturn;
  /** Reports what comes back to event sinks. */
  readonly announce: EmitEvent;
  /** What manifests had to meet when they were pushed. */
  readonly validation: ManifestValidation;
}

/** A deletion, and until when it can come back. */
export interface KeptDeletion extends InTrash {
  readonly untilMs: number;
}

/** A part of the list. */
export interface DeletionsPage {
  readonly deletions: readonly KeptDeletion[];
  /** Where the next page begins; absent on the last one. */
  readonly next: string | undefined;
}

/** Which part of the list is wanted. */
export interface DeletionsRequest extends EntriesRequest {
  /** At most so many, at least 1. */
  readonly limit: number;
}

/** A manifest, one of its tags, or a blob that is back. */
export interface Restored {
  readonly digest: Digest | undefined;
  readonly tag: Tag | undefined;
}

/** How something is restored. */
export interface RestoreOptions {
  /** As of {@link Undeleter.undelete}. */
  readonly isForced: boolean;
  readonly context: CallContext | undefined;
  /** Called with everything that is back, also if the rest fails. */
  readonly onRestored?: ((restored: Restored) => void) | undefined;
}

/** What operators do with what was deleted. */
export class TrashAdministration {
  readonly #dependencies: TrashAdministrationDependencies;

  constructor(dependencies: TrashAdministrationDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Whether manifests may name content that their repository never had. Then its return, which links what is stored, may
   * bring what only other repositories have, and is for those who may read them all.
   */
  get mayReturnOthers(): boolean {
    const { enabled, indexes } = this.#dependencies.validation;
    return !enabled || indexes.platforms !== 'all';
  }

  /**
   * Lists deleted tags and manifests that can come back, by repository, the oldest first. One driver call for each
   * repository up to the end of the page, and one for each deletion, 16 at a time.
   */
  async list({ limit, ...request }: DeletionsRequest): Promise<DeletionsPage> {
    const { trash } = this.#dependencies;
    const source = { names: () => trash.repositories(), ids: trash.idsAfter.bind(trash) };
    const found: InTrash[] = [];
    for await (const batch of inBatches(entriesByRepository(source, request), CONCURRENCY)) {
      request.signal?.throwIfAborted();
      const read = await mapConcurrently(batch, CONCURRENCY, ({ repository, id }) => trash.read(repository, id));
      found.push(...read.filter((each) => each !== undefined));
      if (found.length > limit) break;
    }
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      deletions: page.map((each) => ({ ...each, untilMs: each.deleted.deletedAtMs + trash.keepMs })),
      next: found.length > limit && last !== undefined ? entryCursor({ ...last, repository: last.name }) : undefined,
    };
  }

  /** What garbage collections have removed. One driver call for each file. */
  sizeSwept(signal: AbortSignal): Promise<TrashSize> {
    return this.#dependencies.trash.sizeSwept({ signal });
  }

  /**
   * Brings back a tag, a manifest or a blob of a repository.
   * @throws RegistryError as {@link Undeleter.undelete}
   */
  async restore(name: RepositoryName, reference: Reference, options: RestoreOptions): Promise<Undeleted> {
    const { onRestored } = options;
    const back = await this.#dependencies.undeleter.undelete(name, reference, this.#telling(options));
    if (back.manifests.length === 0) for (const digest of back.blobs) onRestored?.({ digest, tag: undefined });
    return back;
  }

  /**
   * Brings back what the delete of a whole repository has removed.
   * @throws RegistryError as {@link RepositoryReturn.bringBack}
   */
  restoreRepository(
    name: RepositoryName,
    { signal, ...options }: RestoreOptions & { readonly signal: AbortSignal },
  ): Promise<ReturnedRepository> {
    return this.#dependencies.repositoryReturn.bringBack(name, { ...this.#telling(options), signal });
  }

  /**
   * Brings back content that garbage collections have removed, in all repositories that had it.
   * @throws RegistryError `BLOB_UNKNOWN`
   */
  async restoreContent(
    digest: Digest,
    { onRestored }: Pick<RestoreOptions, 'onRestored'> = {},
  ): Promise<ReturnedContent> {
    const returned = await this.#dependencies.undeleter.undeleteContent(digest);
    onRestored?.({ digest, tag: undefined });
    return returned;
  }

  /**
   * Removes everything from the trash, or all that was deleted from one repository; nothing of it can come back.
   * @returns what was removed, or would be
   */
  empty(options: Pick<EmptyOptions, 'signal' | 'dryRun' | 'repository'>): Promise<TrashSize> {
    return this.#dependencies.trash.empty({ ...options, now: true });
  }

  #telling({ isForced, context, onRestored }: RestoreOptions): UndeleteOptions {
    return {
      isForced,
      context,
      announce: (repository: RepositoryName, details: EventDetails) => {
        this.#dependencies.announce(repository, details, context);
        onRestored?.({ digest: details.digest, tag: details.tag });
      },
    };
  }
}
