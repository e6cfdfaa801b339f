import { inject, injectable } from '../di.ts';
import { DriverError } from '../driver/index.ts';
import { RegistryError } from '../model/errors.ts';
import type { Remnant } from '../storage/changes/change-store.ts';
import { type ChangeEnding, type EndedChange, EndedChangeStore } from '../storage/changes/ended-change-store.ts';
import type { ChangeCount, RepositoryChange } from '../storage/changes/repository-change.ts';
import type { CompletionOptions } from './completion.ts';
import { RepositoryChanger } from './repository-changer.ts';

/** Completes changes of repositories, and records how they end, for the clients that asked for them. */
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
  removeRemnants(): Promise<readonly Remnant[]> {
    return this.#changer.removeRemnants();
  }

  /** A change that has not ended, or how it has ended within the last week; `undefined` for any other id. */
  async find(id: string): Promise<RepositoryChange | EndedChange | undefined> {
    const unfinished = (await this.#changer.unfinished()).find((change) => change.id === id);
    return unfinished ?? this.#ended.read(id);
  }

  /**
   * See {@link RepositoryChanger.complete}. How the change ends is recorded before it ends. What cannot be recorded is not
   * known afterwards, and fails nothing.
   */
  complete(change: RepositoryChange, options: CompletionOptions): Promise<ChangeCount> {
    return this.#changer.complete(change, { ...options, onEnd: (ending) => this.#record(change, ending) });
  }

  /**
   * {@link complete} for whoever wants to know how the change has ended: if another process has ended it, this resolves, or
   * rejects, with what that process has recorded.
   */
  async settle(change: RepositoryChange, options: CompletionOptions): Promise<ChangeCount> {
    try {
      return await this.complete(change, options);
    } catch (error) {
      const found = RegistryError.is(error, 'STATE_CONFLICT') ? await this.find(change.id) : undefined;
      if (found === undefined || !('ending' in found)) throw error;
      const { ending, name } = found;
      if (ending.state === 'completed') return { tags: ending.tags, manifests: ending.manifests };
      throw new RegistryError('STATE_CONFLICT', { name, reason: ending.reason }, { cause: error });
    }
  }

  async #record(change: RepositoryChange, ending: ChangeEnding): Promise<ChangeEnding | undefined> {
    const { id, action, name, target, user, announcedAt } = change;
    try {
      return await this.#ended.put({ id, action, name, target, user, announcedAt, endedAt: new Date(), ending });
    } catch (error) {
      if (!DriverError.is(error)) throw error;
      return undefined;
    }
  }
}
