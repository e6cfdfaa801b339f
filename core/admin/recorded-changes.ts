import { inject, injectable } from '../di.ts';
import { DriverError } from '../driver/index.ts';
import { RegistryError } from '../model/errors.ts';
import { type EndedChange, EndedChangeStore } from '../storage/changes/ended-change-store.ts';
import type { RepositoryChange } from '../storage/changes/repository-change.ts';
import type { CompletionOptions } from './completion.ts';
import { RepositoryChanger } from './repository-changer.ts';
import type { ContentCount } from './repository-eraser.ts';

/** Completes changes of repositories, and records how they have ended, for the clients that asked for them. */
@injectable()
export class RecordedChanges {
  readonly #changer: RepositoryChanger;
  readonly #ended: EndedChangeStore;

  constructor(
    @inject(RepositoryChanger) changer: RepositoryChanger,
    @inject(EndedChangeStore) ended: EndedChangeStore,
  ) {
    this.#changer = changer;
    this.#ended = ended;
  }

  /** See {@link RepositoryChanger.unfinished}. */
  unfinished(): Promise<RepositoryChange[]> {
    return this.#changer.unfinished();
  }

  /** See {@link RepositoryChanger.removeRemnants}. */
  removeRemnants(): Promise<void> {
    return this.#changer.removeRemnants();
  }

  /** A change that has not ended, or how it has ended within the last week; `undefined` for any other id. */
  async find(id: string): Promise<RepositoryChange | EndedChange | undefined> {
    const unfinished = (await this.#changer.unfinished()).find((change) => change.id === id);
    return unfinished ?? this.#ended.read(id);
  }

  /** See {@link RepositoryChanger.complete}. What cannot be recorded is not known afterwards, and fails nothing. */
  async complete(change: RepositoryChange, options: CompletionOptions): Promise<ContentCount> {
    try {
      const count = await this.#changer.complete(change, options);
      const { tags, manifests } = count;
      await this.#record(change, { state: 'completed', tags, manifests });
      return count;
    } catch (error) {
      if (RegistryError.is(error)) await this.#recordFailure(change, error);
      throw error;
    }
  }

  /** A change that another process completes has not failed. */
  async #recordFailure(change: RepositoryChange, { detail, code }: RegistryError): Promise<void> {
    const isThere = (await this.#changer.unfinished()).some(({ id }) => id === change.id);
    if (isThere || (await this.#ended.read(change.id)) !== undefined) return;
    const reason = typeof detail?.['reason'] === 'string' ? detail['reason'] : code;
    await this.#record(change, { state: 'failed', reason });
  }

  async #record(change: RepositoryChange, ending: EndedChange['ending']): Promise<void> {
    const { id, action, name, target, user, announcedAt } = change;
    // A process that came late has found nothing to do; the one that did the work knows more.
    const ifAbsent = ending.state === 'completed' && ending.tags + ending.manifests === 0;
    try {
      const ended = { id, action, name, target, user, announcedAt, endedAt: new Date(), ending };
      await this.#ended.put(ended, { ifAbsent });
    } catch (error) {
      if (!DriverError.is(error)) throw error;
    }
  }
}
