import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import type { StorageDriver, StoragePath } from '../driver/index.ts';
import type { CheckpointStore } from '../jobs/checkpoint-store.ts';
import { type LastRun, parseLastRun } from '../jobs/last-run.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { deleteIfPresent, readSmallFile } from './small-files.ts';

const MAX_BYTES = 64 * 1024;

/** What jobs store for the next run: two small files each, which all instances on this storage see. */
@injectable()
export class JobStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;

  constructor(@inject(STORAGE_DRIVER) driver: StorageDriver, @inject(PathMapper) paths: PathMapper) {
    this.#driver = driver;
    this.#paths = paths;
  }

  /** The newest run of a job; `undefined` when none is known. One driver call. */
  async lastRun(job: string): Promise<LastRun | undefined> {
    return parseLastRun(await this.#read(this.#paths.jobLastRun(job)));
  }

  /** Replaces the record of the newest run. One driver call. */
  async putLastRun(job: string, run: LastRun): Promise<void> {
    await this.#write(this.#paths.jobLastRun(job), run);
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
