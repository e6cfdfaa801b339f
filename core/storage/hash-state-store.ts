import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import { contentAlgorithms, storedAlgorithm } from '../digest/digest.ts';
import { Digester } from '../digest/digester.ts';
import { DriverError, type StorageDriver, type StoragePath } from '../driver/index.ts';
import type { RepositoryName, UploadId } from '../model/reference.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { deleteIfPresent, readSmallFile } from './small-files.ts';

const MAX_STATE_BYTES = 1024;
const OFFSET = /^(?:0|[1-9]\d{0,15})$/;
/** The name of a mark, see {@link HashStateStore.distrustBeyond}. */
const TAKEN_OVER = /^taken-over-at-(\d{1,16})$/;

/** Identifies an upload. */
export interface UploadKey {
  readonly name: RepositoryName;
  readonly uuid: UploadId;
}

interface SavedState {
  readonly algorithm: string;
  readonly offset: number;
  readonly path: StoragePath;
}

/**
 * Saved digest states of uploads, in files that distribution also reads and writes. A process that resumes an upload
 * need not read its bytes again. Without a state, reading the bytes has the same result.
 */
@injectable()
export class HashStateStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;

  constructor(@inject(STORAGE_DRIVER) driver: StorageDriver, @inject(PathMapper) paths: PathMapper) {
    this.#driver = driver;
    this.#paths = paths;
  }

  /**
   * Saves the state of `digester`; a digest that cannot be resumed is not saved. The bytes that it has hashed must be
   * in the upload already. One driver call.
   */
  async save({ name, uuid }: UploadKey, digester: Digester): Promise<void> {
    const state = digester.save();
    if (state === undefined) return;
    const folder = this.#paths.uploadHashStates(name, uuid, digester.algorithm);
    await this.#driver.write(`${folder}/${digester.size}` as StoragePath, state, { durable: false });
  }

  /**
   * From now on, states of more than `size` bytes are ignored: an excluded request may still save states for bytes that
   * are not in the upload. One driver call for each algorithm.
   */
  async distrustBeyond({ name, uuid }: UploadKey, size: number): Promise<void> {
    for (const algorithm of contentAlgorithms()) {
      const folder = this.#paths.uploadHashStates(name, uuid, algorithm);
      await this.#driver.write(`${folder}/taken-over-at-${size}` as StoragePath, Buffer.of(), { durable: false });
    }
  }

  /**
   * The digester that has hashed the most bytes of an upload of `size` bytes; `undefined` when no state was saved.
   * Invalid files are skipped. States of more bytes than the upload has, which a crash can leave, are removed, because
   * the upload may grow to that size with other bytes. Two driver calls where the algorithm is known, otherwise one
   * more for each algorithm that was used.
   */
  async newest(key: UploadKey, size: number, algorithm?: string): Promise<Digester | undefined> {
    // An alias is computed from stored bytes and never saved.
    const given = [algorithm].filter((name) => name !== undefined && storedAlgorithm(name) === name) as string[];
    const algorithms = algorithm === undefined ? await this.#algorithms(key) : given;
    const states: SavedState[] = [];
    for (const name of algorithms) states.push(...(await this.#statesOf(key, name)));
    states.sort((a, b) => b.offset - a.offset);
    for (const state of states) {
      if (state.offset > size) await deleteIfPresent(this.#driver, state.path);
      else {
        const digester = await this.#load(state);
        if (digester !== undefined) return digester;
      }
    }
    return undefined;
  }

  async #algorithms({ name, uuid }: UploadKey): Promise<string[]> {
    const used = await this.#names(this.#paths.uploadHashStates(name, uuid));
    return used.filter((algorithm) => contentAlgorithms().includes(algorithm));
  }

  async #statesOf({ name, uuid }: UploadKey, algorithm: string): Promise<SavedState[]> {
    const folder = this.#paths.uploadHashStates(name, uuid, algorithm);
    const names = await this.#names(folder);
    const believed = Math.min(...names.map((text) => Number(TAKEN_OVER.exec(text)?.[1] ?? Infinity)));
    const offsets = names.filter((text) => OFFSET.test(text)).map(Number);
    return offsets
      .filter((offset) => offset <= believed)
      .map((offset) => ({ algorithm, offset, path: `${folder}/${offset}` as StoragePath }));
  }

  async #names(folder: StoragePath): Promise<string[]> {
    try {
      const names: string[] = [];
      for await (const { name } of this.#driver.list(folder)) names.push(name);
      return names;
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return [];
      throw error;
    }
  }

  async #load({ algorithm, offset, path }: SavedState): Promise<Digester | undefined> {
    try {
      const bytes = await readSmallFile(this.#driver, path, { maxBytes: MAX_STATE_BYTES });
      const digester = bytes && new Digester(algorithm, { state: bytes });
      return digester?.size === offset ? digester : undefined;
    } catch (error) {
      if (error instanceof TypeError || DriverError.is(error, 'unavailable')) return undefined;
      throw error;
    }
  }
}
