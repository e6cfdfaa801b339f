import { inject, injectable, LOGGER } from '../../di.ts';
import { DriverError } from '../../driver/index.ts';
import type { RepositoryName, UploadId } from '../../model/reference.ts';
import type { Logger } from '../../ports/logger.ts';
import { RepositoryStore } from '../../storage/repository-store.ts';
import { UploadStore } from '../../storage/upload-store.ts';
import { UploadSessions } from './upload-sessions.ts';

/** Options for a purge. */
export interface PurgeOptions {
  /** How long an upload must have received no byte, in milliseconds. */
  readonly ageMs: number;
  /** Whether to log and count without removing. */
  readonly dryRun: boolean;
  /** Stops the purge before the next repository or upload. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each repository and after each upload, with the number of repositories that are done. */
  readonly onStep?: ((repositories: number) => void) | undefined;
}

/** The result of a purge. */
export interface Purged {
  /** In a dry run, the number that would be removed. */
  readonly removed: number;
  /** The number that could not be removed; the log has the first one for each reason. */
  readonly failed: number;
}

/** Removes abandoned uploads. Several instances may do so at the same time. */
@injectable()
export class UploadPurger {
  readonly #repositories: RepositoryStore;
  readonly #uploads: UploadStore;
  readonly #sessions: UploadSessions;
  readonly #log: Logger;
  /** When an upload without any timestamp was first seen, by the monotonic clock. */
  readonly #firstSeenMs = new Map<UploadId, number>();

  constructor(
    @inject(RepositoryStore) repositories: RepositoryStore,
    @inject(UploadStore) uploads: UploadStore,
    @inject(UploadSessions) sessions: UploadSessions,
    @inject(LOGGER) log: Logger,
  ) {
    this.#repositories = repositories;
    this.#uploads = uploads;
    this.#sessions = sessions;
    this.#log = log;
  }

  /**
   * Skips an upload that a request is working on. Lists every repository, and reads the start of every upload.
   * @throws DriverError `not-supported` when the storage is read-only: no other upload can be removed either
   */
  async purge({ ageMs, dryRun, signal, onStep }: PurgeOptions): Promise<Purged> {
    let [repositories, removed, failed] = [0, 0, 0];
    const reported = new Set<unknown>();
    for await (const name of this.#repositories.walk()) {
      onStep?.(repositories);
      signal?.throwIfAborted();
      for (const id of await this.#uploads.ids(name)) {
        signal?.throwIfAborted();
        try {
          if ((await this.#isOlder(name, id, ageMs)) && (await this.#remove(name, id, dryRun))) removed += 1;
        } catch (error) {
          if (DriverError.is(error, 'not-supported')) throw error;
          failed += 1;
          // A disk that became read-only would otherwise fill the log.
          const reason = DriverError.is(error) ? error.code : error;
          if (!reported.has(reason)) this.#log.warn({ err: error, name, uuid: id }, 'an upload could not be purged');
          reported.add(reason);
        }
        onStep?.(repositories);
      }
      repositories += 1;
    }
    return { removed, failed };
  }

  /**
   * The last byte counts, because a large upload may take longer than the age. For an upload that began recently, its
   * bytes are not checked; a time in the future, which another clock wrote, is ignored.
   */
  async #isOlder(name: RepositoryName, id: UploadId, ageMs: number): Promise<boolean> {
    const startedAgoMs = agoMs(await this.#uploads.startedAt(name, id));
    if (startedAgoMs !== undefined && startedAgoMs >= 0 && startedAgoMs <= ageMs) return false;
    const changedAgoMs = agoMs(await this.#uploads.lastChange(name, id)) ?? startedAgoMs;
    if (changedAgoMs !== undefined && changedAgoMs >= 0) return changedAgoMs > ageMs;
    const now = performance.now();
    const firstSeenMs = this.#firstSeenMs.get(id) ?? now;
    this.#firstSeenMs.set(id, firstSeenMs);
    return now - firstSeenMs > ageMs;
  }

  async #remove(name: RepositoryName, id: UploadId, dryRun: boolean): Promise<boolean> {
    if (dryRun) {
      this.#log.info({ name, uuid: id }, 'an upload would be purged');
      return true;
    }
    await using hold = (await this.#sessions.tryAcquire(id)) ?? null;
    if (hold === null) return false;
    await this.#uploads.remove(name, id);
    this.#firstSeenMs.delete(id);
    this.#log.info({ name, uuid: id }, 'purged an upload');
    return true;
  }
}

function agoMs(time: Date | undefined): number | undefined {
  return time === undefined ? undefined : Date.now() - time.getTime();
}
