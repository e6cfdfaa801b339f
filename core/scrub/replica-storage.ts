import type { Digest } from '../digest/digest.ts';
import { DriverError, type ReadOptions, type ReadStream, type StorageDriver } from '../driver/index.ts';
import { PathMapper } from '../storage/paths/path-mapper.ts';
import type { ContentSource } from './content-source.ts';

/** Opens the driver of a replica. */
export type OpenReplica = () => Promise<StorageDriver>;

/** A second storage with the same layout, which is only read. It is opened when it is first needed. */
export class ReplicaStorage implements ContentSource, AsyncDisposable {
  readonly name = 'the replica';
  readonly #open: OpenReplica;
  readonly #paths = new PathMapper();
  #driver: Promise<StorageDriver> | undefined;

  constructor(open: OpenReplica) {
    this.#open = open;
  }

  /** @throws the error of opening it, each time; DriverError */
  async read(digest: Digest, { signal }: ReadOptions): Promise<ReadStream | undefined> {
    this.#driver ??= this.#open();
    const driver = await this.#driver;
    try {
      return await driver.read(this.#paths.blobData(digest), { signal });
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
