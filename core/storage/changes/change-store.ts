import { inject, injectable, STORAGE_DRIVER } from '../../di.ts';
import { DriverError, type StorageDriver, type StoragePath } from '../../driver/index.ts';
import { PathMapper } from '../paths/path-mapper.ts';
import { deleteIfPresent, readSmallFile } from '../small-files.ts';
import {
  type Announcement,
  CHANGE_STATES,
  type ChangeCount,
  type ChangeState,
  formatAnnouncement,
  isChangeId,
  parseAnnouncement,
  parseCount,
  type RepositoryChange,
} from './repository-change.ts';

const MAX_BYTES = 64 * 1024;
/** What the name of the sign of a process begins with. */
const WORKER = 'worker-';
/** What the name of a file begins with that a process writes to learn the time. */
const TIME = 'time-';

/** What is left of a change that has ended, and why it stays. */
export interface Remnant {
  readonly id: string;
  readonly error: DriverError;
}

/**
 * The changes of whole repositories that have been announced and have not ended. Each is a folder where processes look
 * for garbage collections, so that they learn of both by one driver call. It is there as long as its announcement is: a
 * state that a slow process writes after the end means nothing.
 */
@injectable()
export class ChangeStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;

  constructor(@inject(STORAGE_DRIVER) driver: StorageDriver, @inject(PathMapper) paths: PathMapper) {
    this.#driver = driver;
    this.#paths = paths;
  }

  /** All of them in the order of their announcement. One driver call, and two for each. */
  async list(): Promise<RepositoryChange[]> {
    const found = await Promise.all((await this.#ids()).map((id) => this.read(id)));
    return found.filter((change) => change !== undefined);
  }

  /** Two driver calls. */
  async read(id: string): Promise<RepositoryChange | undefined> {
    const states = await this.#states(id);
    // Last, since the end of a change removes it first.
    const bytes = await readSmallFile(this.#driver, this.#paths.collections.change(id), { maxBytes: MAX_BYTES });
    const announcement = bytes && parseAnnouncement(id, bytes);
    if (announcement === undefined) return undefined;
    const isUnderWay = states.has('under-way');
    // A rename that has begun has content under both names: it can only be completed.
    const isWithdrawn = states.has('withdrawn') && !(isUnderWay && announcement.action === 'rename');
    return {
      ...announcement,
      isUnderWay,
      ...(states.has('copied') && { isCopied: true }),
      ...(states.has('done') && { isDone: true }),
      ...(isWithdrawn && { isWithdrawn }),
    };
  }

  /** Announces a change, durably. One driver call. */
  async announce(announcement: Announcement): Promise<void> {
    await this.#driver.write(this.#paths.collections.change(announcement.id), formatAnnouncement(announcement));
  }

  /**
   * Records how far a change has come, durably. One driver call.
   * @param count what {@link countAt} gives from then on, unless another process has recorded the state
   */
  async advance(id: string, state: ChangeState, count?: ChangeCount): Promise<void> {
    const text = count === undefined ? state : JSON.stringify(count);
    const options = { ifAbsent: count !== undefined };
    try {
      await this.#driver.write(this.#paths.collections.changeState(id, state), Buffer.from(text), options);
    } catch (error) {
      // Whoever comes later has found less to do.
      if (count === undefined || !DriverError.is(error, 'conflict')) throw error;
    }
  }

  /** What the process that has recorded a state has counted until then; `undefined` if it has not. One driver call. */
  async countAt(id: string, state: ChangeState): Promise<ChangeCount | undefined> {
    const path = this.#paths.collections.changeState(id, state);
    const bytes = await readSmallFile(this.#driver, path, { maxBytes: MAX_BYTES });
    return bytes && parseCount(bytes);
  }

  /** Undoes {@link advance}. One driver call. */
  async retract(id: string, state: ChangeState): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.collections.changeState(id, state));
  }

  /** Records that a process works on a change, durably. One driver call. @param worker identifies the process */
  async sign(id: string, worker: string): Promise<void> {
    await this.#driver.write(this.#paths.collections.changeState(id, `${WORKER}${worker}`), Buffer.from(worker));
  }

  /** The processes that have worked on a change, also those that are gone. One driver call. */
  async workersOf(id: string): Promise<readonly string[]> {
    const names = await this.#names(this.#paths.collections.of(id));
    return names.filter((name) => name.startsWith(WORKER)).map((name) => name.slice(WORKER.length));
  }

  /** When a change was withdrawn, by the clock of the storage. One driver call. */
  async withdrawnAt(id: string): Promise<Date | undefined> {
    return (await this.#driver.stat(this.#paths.collections.changeState(id, 'withdrawn')))?.modifiedAt;
  }

  /** The time by the clock of the storage. Two driver calls. @param worker identifies the process */
  async now(id: string, worker: string): Promise<Date> {
    const path = this.#paths.collections.changeState(id, `${TIME}${worker}`);
    await this.#driver.write(path, Buffer.from(worker));
    return (await this.#driver.stat(path))?.modifiedAt ?? new Date(0);
  }

  /** Ends a change. Two driver calls. Without its announcement it has ended; what else is left is a remnant. */
  async remove(id: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.collections.change(id));
    try {
      await deleteIfPresent(this.#driver, this.#paths.collections.of(id));
    } catch (error) {
      if (!DriverError.is(error)) throw error;
    }
  }

  /**
   * Removes what was written after the end of a change. One driver call, and two or three for each change.
   * @returns what the storage does not remove, which stops no change
   */
  async removeRemnants(): Promise<readonly Remnant[]> {
    const left: Remnant[] = [];
    for (const id of await this.#ids()) {
      try {
        if (await this.#isRemnant(id)) await deleteIfPresent(this.#driver, this.#paths.collections.of(id));
      } catch (error) {
        if (!DriverError.is(error)) throw error;
        left.push({ id, error });
      }
    }
    return left;
  }

  async #isRemnant(id: string): Promise<boolean> {
    // An announcement that is just being written has nothing beside it.
    const names = await this.#names(this.#paths.collections.of(id));
    const isBegun = names.some((name) => isState(name) || name.startsWith(WORKER) || name.startsWith(TIME));
    return isBegun && (await this.read(id)) === undefined;
  }

  async #ids(): Promise<string[]> {
    return (await this.#names(this.#paths.collections.all())).filter(isChangeId);
  }

  async #states(id: string): Promise<ReadonlySet<ChangeState>> {
    const names = await this.#names(this.#paths.collections.of(id));
    return new Set(CHANGE_STATES.filter((state) => names.includes(state)));
  }

  async #names(folder: StoragePath): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { name } of this.#driver.list(folder)) names.push(name);
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    return names;
  }
}

function isState(name: string): boolean {
  return CHANGE_STATES.some((state) => state === name);
}
