import type { Digest } from '../digest/digest.ts';
import { DriverError, type ReadOptions, type ReadStream, type StorageDriver } from '../driver/index.ts';
import { PathMapper } from '../storage/paths/path-mapper.ts';
import type { Replica } from './content-reading.ts';

/** Opens the driver of a replica. */
export type OpenReplica = () => Promise<StorageDriver>;

/** A second storage with the same layout, which is only read. It is opened when it is first needed. */
export class ReplicaStorage implements Replica, AsyncDisposable {
  readonly #open: OpenReplica;
  readonly #paths = new PathMapper();
  #driver: Promise<StorageDriver> | undefined;

  constructor(open: OpenReplica) {
    this.#open = open;
  }

  /** @throws the error of opening it, each time; DriverError */
  async read(digest: Digest, options: ReadOptions): Promise<ReadStream | undefined> {
    this.#driver ??= this.#open();
    const driver = await this.#driver;
    try {
      return await driver.read(this.#paths.blobData(digest), options);
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const driver = await this.#driver?.catch(() => undefined);
    await driver?.[Symbol.asyncDispose]();
  }
}
