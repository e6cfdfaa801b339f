import { inject, injectable, LOCKS } from '../di.ts';
import { DriverError, type DriverErrorCode } from '../driver/index.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import type { Locks } from '../ports/locks.ts';
import { createCollectionId } from '../registry/local/collection/collection-id.ts';
import { ChangeStore, type Remnant } from '../storage/changes/change-store.ts';
import { type ChangeCount, namesOf, type RepositoryChange } from '../storage/changes/repository-change.ts';
import { MIN_GRACE_MS } from '../storage/collection/collection-guard.ts';
import { beginningError, endedError, reasonOf, rivalError, withdrawnError } from './change-errors.ts';
import { CHECK_EVERY_MS, type ChangeProgress, changeSteps } from './change-steps.ts';
import { ChangeWorkers } from './change-workers.ts';
import { type CompletionOptions, pause } from './completion.ts';
import { RepositoryWork } from './repository-work.ts';

/** How long a change stays announced when its work is done, in milliseconds, so that every other process stops its own. */
const OTHERS_KNOW_MS = CHECK_EVERY_MS + 3_000;

/** Failures that last until an operator has changed something. */
const LASTING: readonly DriverErrorCode[] = ['no-space', 'denied', 'invalid-path', 'damaged'];

const NOTHING: ChangeCount = { tags: 0, manifests: 0 };

/** What is asked for. */
export type WantedChange = Pick<RepositoryChange, 'action' | 'name' | 'target' | 'user'>;

/** What forbids a change. */
export interface AnnouncementOptions {
  /** Whether a tag is immutable: a repository with such a tag is neither deleted nor renamed. Default: none is. */
  readonly isImmutable?: ((name: RepositoryName, tag: Tag) => boolean) | undefined;
}

/**
 * Deletes and renames whole repositories while the registry serves. A change is announced in the storage, and no process
 * changes the repository from then on until the change has ended. Before the work begins, the grace passes in which every
 * process has learned of it and has completed what it had begun: so nothing that was acknowledged is lost or half there.
 * A change that was interrupted can be completed by any process.
 */
@injectable()
export class RepositoryChanger {
  readonly #changes: ChangeStore;
  readonly #work: RepositoryWork;
  readonly #locks: Locks;
  readonly #workers: ChangeWorkers;

  constructor(
    @inject(ChangeStore) changes: ChangeStore,
    @inject(RepositoryWork) work: RepositoryWork,
    @inject(LOCKS) locks: Locks,
  ) {
    this.#changes = changes;
    this.#work = work;
    this.#locks = locks;
    this.#workers = new ChangeWorkers(changes);
  }

  /** The changes that have not ended, in the order of their announcement. */
  unfinished(): Promise<RepositoryChange[]> {
    return this.#changes.list();
  }

  /** Removes what processes have left of changes that have ended. @returns what the storage does not remove */
  removeRemnants(): Promise<readonly Remnant[]> {
    return this.#changes.removeRemnants();
  }

  /**
   * Announces a change, durably: from now on no process accepts new changes of the repository, within five seconds. The
   * same change that an interrupted process has announced is taken over.
   * @throws RegistryError `NAME_UNKNOWN` without such a repository; `STATE_CONFLICT` for a new name that has content;
   * `TAG_IMMUTABLE`; or during another change of one of the names
   */
  async announce(wanted: WantedChange, { isImmutable }: AnnouncementOptions = {}): Promise<RepositoryChange> {
    const names = namesOf(wanted);
    const others = (await this.#changes.list()).filter((change) =>
      namesOf(change).some((name) => names.includes(name)),
    );
    const same = others.find(({ action, name, target }) => {
      return action === wanted.action && name === wanted.name && target === wanted.target;
    });
    if (same !== undefined && same.isWithdrawn !== true) return same;
    const [rival] = others;
    if (rival !== undefined) throw rivalError(rival);
    await this.#work.requirePossible(wanted);
    if (isImmutable !== undefined) await this.#work.requireMutable(wanted.name, isImmutable);
    const announcement = { ...wanted, id: `change-${createCollectionId()}`, announcedAt: new Date() };
    await this.#changes.announce(announcement);
    this.#work.expireViews();
    return { ...announcement, isUnderWay: false };
  }

  /**
   * Withdraws the delete of a repository, or a rename that has not begun: the withdrawal is recorded when the call resolves.
   * A process at work on it stops within two seconds. When its calls have returned, it ends the change, and the repository takes
   * changes again. {@link complete} ends a change that no process works on. What a delete has removed stays removed.
   * @throws RegistryError `STATE_CONFLICT` when nothing is announced, for a rename that has begun or may be about to, and when
   * the work is done
   */
  async withdraw(name: RepositoryName): Promise<RepositoryChange> {
    const change = (await this.#changes.list()).find((each) => namesOf(each).includes(name));
    if (change === undefined) {
      const reason = `no delete or rename of ${name} is announced`;
      throw new RegistryError('STATE_CONFLICT', { name, reason });
    }
    const doneError = new RegistryError('STATE_CONFLICT', { name, reason: 'its work is done' });
    if (change.isDone === true) throw doneError;
    // From when it was first withdrawn, the time counts after which a process that worked on it is taken for gone.
    if (change.isWithdrawn !== true) await this.#changes.advance(change.id, 'withdrawn');
    // A process that begins it meanwhile records that and then looks, so one of the two sees the other.
    const now = await this.#changes.read(change.id);
    if (now === undefined) await this.#changes.remove(change.id);
    else if (now.isDone === true) await this.#changes.retract(change.id, 'withdrawn');
    if (now === undefined || now.isDone === true) throw doneError;
    if (now.isWithdrawn !== true)
      throw new RegistryError('STATE_CONFLICT', {
        name,
        reason: 'a rename that has begun has content under both names; it can only be completed',
      });
    if (now.action === 'rename' && (await this.#workers.mayBegin(now.id))) throw beginningError(now);
    return now;
  }

  /**
   * Does the work of an announced change, and ends it. A withdrawn change ends once no process can be at work on it. After a failure of
   * the storage, or of the signal, the change stays announced and can be completed later. If the storage refuses the first
   * step, as a full disk does, nothing has changed, and the change is withdrawn.
   * @throws RegistryError as {@link announce}, if a request was faster: the change has then ended; `STATE_CONFLICT` while
   * another process completes it, when that process was faster, or when it is withdrawn
   */
  async complete({ id, name }: RepositoryChange, options: CompletionOptions): Promise<ChangeCount> {
    await using lock = (await this.#locks.tryAcquire(`repository-change:${id}`)) ?? null;
    using working = lock === null ? undefined : this.#workers.enter(id);
    if (lock === null || working === undefined)
      throw new RegistryError('STATE_CONFLICT', { name, reason: 'another process completes the change' });
    const signal = lock.lost === undefined ? options.signal : AbortSignal.any([options.signal, lock.lost]);
    const change = await this.#changes.read(id);
    if (change === undefined) throw endedError({ name });
    try {
      return await this.#completeNow(change, { ...options, signal });
    } finally {
      // Also when the last answer of the storage was lost, or another process has ended the change.
      this.#work.expireViews();
    }
  }

  async #completeNow(change: RepositoryChange, completion: CompletionOptions): Promise<ChangeCount> {
    if (change.isWithdrawn === true && change.isDone !== true) await this.#endWithdrawn(change, completion);
    let failure: RegistryError | undefined;
    try {
      const count = change.isDone === true ? undefined : await this.#do(change, completion);
      if (count !== undefined) return await this.#end(change, count, completion);
    } catch (error) {
      if (!RegistryError.is(error)) throw error;
      failure = error;
    }
    await this.#endWithdrawn(change, completion);
    const isDone = (await this.#changes.read(change.id))?.isDone === true;
    if (!isDone) throw failure ?? endedError(change);
    return this.#end(change, (await this.#changes.countAt(change.id, 'done')) ?? NOTHING, completion);
  }

  /** @throws RegistryError if it was withdrawn: once it has ended, or when another process may have a call under way */
  async #endWithdrawn(change: RepositoryChange, completion: CompletionOptions): Promise<void> {
    if ((await this.#stateOf(change)) !== 'withdrawn') return;
    await this.#requireAlone(change);
    await pause(OTHERS_KNOW_MS, completion);
    // Another process may have begun it before it found the withdrawal.
    await this.#requireAlone(change);
    await this.#fail(change, withdrawnError(change, 'it was withdrawn'), completion);
  }

  async #requireAlone(change: RepositoryChange): Promise<void> {
    if (await this.#workers.mayEnd(change.id)) return;
    throw withdrawnError(change, 'it was withdrawn, and ends when the process that works on it has stopped');
  }

  async #end(change: RepositoryChange, count: ChangeCount, completion: CompletionOptions): Promise<ChangeCount> {
    // Without Redis, the lock does not reach other instances. What is pushed when the change has ended must stay.
    await pause(OTHERS_KNOW_MS, completion);
    const { tags, manifests } = count;
    const earlier = await completion.onEnd?.({ state: 'completed', tags, manifests });
    // What fails from now on is only that the announcement goes.
    if (earlier === undefined) completion.onCompleted?.();
    await this.#changes.remove(change.id);
    return earlier?.state === 'completed' ? { ...count, tags: earlier.tags, manifests: earlier.manifests } : count;
  }

  async #fail(change: RepositoryChange, error: RegistryError, { onEnd }: CompletionOptions): Promise<never> {
    await onEnd?.({ state: 'failed', reason: reasonOf(error) });
    await this.#changes.remove(change.id);
    throw error;
  }

  /** @returns `undefined` if another process has ended the change meanwhile */
  async #do(change: RepositoryChange, options: CompletionOptions): Promise<ChangeCount | undefined> {
    let mayHaveChanged = change.isUnderWay;
    try {
      if (!change.isUnderWay && !(await this.#begin(change, options))) return undefined;
      // One that is under way was begun by another process, or found under way when it was about to begin.
      await this.#workers.sign(change.id);
      const steps = changeSteps(change, {
        ...options,
        stateOf: () => this.#stateOf(change),
        onChange: () => (mayHaveChanged = true),
      });
      // This process may have been slow to record that the work begins.
      await steps.check();
      // Another process has begun it, and may not have looked yet.
      const earlier = change.isUnderWay ? await this.#earlierRival(change) : undefined;
      if (earlier !== undefined) throw rivalError(earlier);
      const done = await this.#work.do(change, steps, (count) => this.#changes.advance(change.id, 'copied', count));
      const copied = change.action === 'rename' ? await this.#changes.countAt(change.id, 'copied') : undefined;
      const count = copied ?? done;
      await this.#changes.advance(change.id, 'done', count);
      // Another process may have been first.
      return (await this.#changes.countAt(change.id, 'done')) ?? count;
    } catch (error) {
      if (!mayHaveChanged && DriverError.is(error) && LASTING.includes(error.code))
        await this.#giveUp(change, { error, options });
      throw error;
    }
  }

  /** Ends a change whose first step the storage refuses. */
  async #giveUp(
    change: RepositoryChange,
    { error, options }: { readonly error: DriverError; readonly options: CompletionOptions },
  ): Promise<never> {
    // Another process has begun it, and continues.
    if (await this.#workers.hasOthers(change.id)) throw error;
    // A process that begins it now stops. A full disk lets files go, and may take none.
    await this.#changes.retract(change.id, 'under-way');
    await this.#changes.advance(change.id, 'withdrawn').catch((failure: unknown) => {
      if (!DriverError.is(failure)) throw failure;
    });
    if (await this.#workers.hasOthers(change.id)) throw error;
    await pause(OTHERS_KNOW_MS, options);
    const why = `the storage refused the first step (${error.message}), so it was withdrawn`;
    return this.#fail(change, withdrawnError(change, why, error), options);
  }

  /**
   * Waits until no process changes the repository, and makes sure that the change is still possible.
   * @returns whether the work is to be done; `false` if another process has ended the change meanwhile
   */
  async #begin(change: RepositoryChange, options: CompletionOptions): Promise<boolean> {
    await pause(MIN_GRACE_MS, options);
    const before = await this.#stateOf(change);
    if (before !== 'announced') return before === 'under way';
    try {
      await this.#requirePossible(change);
    } catch (error) {
      if (!RegistryError.is(error)) throw error;
      // Another process that has begun the work meanwhile may be the reason.
      const now = await this.#stateOf(change);
      if (now !== 'announced') return now === 'under way';
      return this.#fail(change, error, options);
    }
    // A rename is withdrawn until it is under way. Whoever withdraws it looks for the sign, so one of the two sees the other.
    await this.#workers.sign(change.id);
    const now = await this.#stateOf(change);
    if (now !== 'announced') return now === 'under way';
    await this.#changes.advance(change.id, 'under-way');
    const earlier = await this.#earlierRival(change);
    return earlier === undefined ? true : this.#fail(change, rivalError(earlier), options);
  }

  /**
   * A change of one of the names that comes before this one, to be looked for once this one is under way. The later of two changes
   * continues only if the earlier one is not announced yet. The earlier one then finds it under way, and does not begin. So only
   * one of them does its work, whatever their clocks say and however slow a process is.
   */
  async #earlierRival(change: RepositoryChange): Promise<RepositoryChange | undefined> {
    return (await this.#rivalsOf(change)).find(({ id }) => id < change.id);
  }

  async #rivalsOf(change: RepositoryChange): Promise<readonly RepositoryChange[]> {
    const names = namesOf(change);
    const others = (await this.#changes.list()).filter(({ id }) => id !== change.id);
    return others.filter((other) => namesOf(other).some((name) => names.includes(name)));
  }

  async #requirePossible(change: RepositoryChange): Promise<void> {
    // Both wait for the grace, so at least the later one sees the other.
    const rival = (await this.#rivalsOf(change)).find(({ id, isUnderWay }) => isUnderWay || id < change.id);
    if (rival !== undefined) throw rivalError(rival);
    await this.#work.requirePossible(change);
  }

  async #stateOf({ id }: RepositoryChange): Promise<ChangeProgress> {
    const change = await this.#changes.read(id);
    if (change === undefined || change.isDone === true) return 'ended';
    if (change.isWithdrawn === true) return 'withdrawn';
    return change.isUnderWay ? 'under way' : 'announced';
  }
}
