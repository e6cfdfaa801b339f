import type { StorageDriver, StoreNote } from '../../core/driver/index.ts';
import { TrialFolder } from '../../core/storage/trial-folder.ts';
import type { RedisSettings } from '../../plugins/coordination/redis/redis-settings.ts';
import { diagnoseStore, inspectStore, loadDriver } from '../../plugins/loading/load-driver.ts';
import { type PluginRequests, pluginRequests } from '../../server/composition/plugin-requests.ts';
import { readRedis } from '../../server/composition/redis-tls-files.ts';
import { type ConfigurationError, isReadOnly, type LoadedConfiguration } from '../../server/config/index.ts';
import type { PublicAddress } from './public-address.ts';
import { Skipped } from './skipped.ts';

/** What the checks look at. */
export interface DoctorContextOptions {
  /** Or why it is invalid. */
  readonly loaded: LoadedConfiguration | ConfigurationError;
  /** Where clients reach the registry; absent without `--url`. */
  readonly publicAddress?: PublicAddress | undefined;
}

/** The storage of a configuration, as far as it could be opened. */
interface OpenStorage {
  readonly driver: StorageDriver;
  /** Absent: the driver says nothing about its store. */
  readonly notes: readonly StoreNote[] | undefined;
}

/** What the checks share: each part is opened once, by the first check that needs it, and closed at the end. */
export class DoctorContext implements AsyncDisposable {
  readonly loaded: LoadedConfiguration | ConfigurationError;
  readonly #opened = new AsyncDisposableStack();
  readonly #publicAddress: PublicAddress | undefined;
  #storage: Promise<OpenStorage> | undefined;
  #trial: Promise<TrialFolder> | undefined;

  constructor({ loaded, publicAddress }: DoctorContextOptions) {
    this.loaded = loaded;
    this.#publicAddress = publicAddress;
  }

  /** @throws Skipped when it is invalid */
  get configured(): LoadedConfiguration {
    if (this.loaded instanceof Error) throw new Skipped('the configuration is invalid');
    return this.loaded;
  }

  /**
   * Opens the storage without its wrappers. A storage that does not exist is not made.
   * @throws PluginLoadError that says why it cannot be opened, each time
   */
  openStorage(): Promise<OpenStorage> {
    this.#storage ??= this.#openStorage();
    return this.#storage;
  }

  /** @throws Skipped when it cannot be opened: the check `storage` says why */
  async storage(): Promise<OpenStorage> {
    void this.configured;
    try {
      return await this.openStorage();
    } catch (error) {
      throw error instanceof Skipped ? error : new Skipped('the storage cannot be opened');
    }
  }

  /**
   * A folder in the storage to try things out, the same for all checks.
   * @throws Skipped when the storage cannot be opened, or may not be written
   */
  async trial(): Promise<TrialFolder> {
    if (isReadOnly(this.configured.configuration)) throw new Skipped('the configuration makes the storage read-only');
    const { driver } = await this.storage();
    this.#trial ??= TrialFolder.open(driver).then((folder) => this.#opened.use(folder));
    return this.#trial;
  }

  /** @throws Skipped without `--url` */
  publicAddress(): PublicAddress {
    if (this.#publicAddress === undefined) throw new Skipped('give the address of clients with --url');
    return this.#publicAddress;
  }

  /** @throws Skipped without Redis, or when its files cannot be read */
  async redis(): Promise<RedisSettings> {
    const settings = await readRedis(this.configured).catch(() => {
      throw new Skipped('the files of redis.tls cannot be used');
    });
    if (settings === undefined) throw new Skipped('Redis is not configured');
    return settings;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }

  async #openStorage(): Promise<OpenStorage> {
    const { name, options, place } = this.#driver();
    const writes = !isReadOnly(this.configured.configuration);
    await inspectStore(name, options, { ...place, writes });
    await inspectStore(name, options, { ...place, writes, mustExist: true }).catch(() => {
      throw new Skipped('the storage does not exist yet; the start creates it');
    });
    const notes = await diagnoseStore(name, options, { ...place, writes });
    const driver = this.#opened.use(await loadDriver(name, options, place));
    if (!driver.capabilities.persistent) throw new Skipped('the storage is in the memory of the registry');
    return { driver, notes };
  }

  #driver(): PluginRequests['driver'] {
    return pluginRequests(this.configured, { warn: () => undefined, redis: undefined }).driver;
  }
}
