import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import type { StorageDriver, StoragePath } from '../driver/index.ts';
import type { CheckpointStore } from '../jobs/checkpoint-store.ts';
import { type LastRun, parseLastRun } from '../jobs/last-run.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { deleteIfPresent, readSmallFile } from './small-files.ts';

const MAX_BYTES = 64 * 1024;

/**
 * Which runs a record is about: those from which the next one is due, or dry runs that must not delay it, but that operators
 * want to see.
 */
export type RecordedRun = 'any' | 'dry';

/** What jobs store: a few small files each, which all instances on this storage see. */
@injectable()
export class JobStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;

  constructor(@inject(STORAGE_DRIVER) driver: StorageDriver, @inject(PathMapper) paths: PathMapper) {
    this.#driver = driver;
    this.#paths = paths;
  }

  /** The newest run of a job of this kind; `undefined` when none is known. One driver call. */
  async lastRun(job: string, kind: RecordedRun = 'any'): Promise<LastRun | undefined> {
    return parseLastRun(await this.#read(this.#pathOf(job, kind)));
  }

  /** Replaces the record of the newest run of this kind. One driver call. */
  async putLastRun(job: string, run: LastRun, kind: RecordedRun = 'any'): Promise<void> {
    await this.#write(this.#pathOf(job, kind), run);
  }

  /** Asks the process that runs a job to end the run that began at this time. One driver call. */
  async cancel(job: string, { startedAtMs }: Pick<LastRun, 'startedAtMs'>): Promise<void> {
    await this.#write(this.#paths.jobCancellation(job), { startedAtMs });
  }

  /** Whether the run of a job that began at this time was cancelled. One driver call. */
  async isCancelled(job: string, { startedAtMs }: Pick<LastRun, 'startedAtMs'>): Promise<boolean> {
    const value = await this.#read(this.#paths.jobCancellation(job));
    return typeof value === 'object' && value !== null && 'startedAtMs' in value && value.startedAtMs === startedAtMs;
  }

  /** Removes what {@link cancel} has left. One driver call. */
  async clearCancellation(job: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.jobCancellation(job));
  }

  /** The checkpoint of a job. One driver call for each of its methods. */
  checkpoint(job: string): CheckpointStore {
    const path = this.#paths.jobCheckpoint(job);
    return {
      load: () => this.#read(path),
      save: (value) => this.#write(path, value),
      clear: async () => {
        await deleteIfPresent(this.#driver, path);
      },
    };
  }

  #pathOf(job: string, kind: RecordedRun): StoragePath {
    return kind === 'any' ? this.#paths.jobLastRun(job) : this.#paths.jobLastDryRun(job);
  }

  /** Content that is not JSON, such as a file torn by a crash of the machine, counts as absent. */
  async #read(path: StoragePath): Promise<unknown> {
    const bytes = await readSmallFile(this.#driver, path, { maxBytes: MAX_BYTES });
    try {
      return bytes && (JSON.parse(bytes.toString('utf8')) as unknown);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  async #write(path: StoragePath, value: unknown): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(value));
    if (bytes.byteLength > MAX_BYTES)
      throw new RangeError(`a job may store at most ${MAX_BYTES} bytes, not ${bytes.byteLength}`);
    await this.#driver.write(path, bytes, { durable: false });
  }
}
