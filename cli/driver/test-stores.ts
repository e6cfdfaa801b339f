import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ListEntry, ROOT_PATH, type StorageDriver } from '../../core/driver/index.ts';
import { loadDriver } from '../../plugins/loading/load-driver.ts';
import { type DriverUnderTest, emptyStore } from '../../testing/prove-case.ts';
import { withinLimit } from '../../testing/time-limits.ts';
import { UsageError } from '../usage-error.ts';
import type { NamedDriver } from './named-driver.ts';

const PLACEHOLDER = '{temp}';
const LIST_LIMIT_MS = 30_000;

/**
 * Gives each case of the test kit an empty store. Options that contain `{temp}` get a new folder for each case. Other options
 * name one store, which every case leaves empty, so that cases must run one after the other. Only what a case has written is
 * deleted: a store that is not empty when a case starts is refused.
 */
export class TestStores {
  readonly #named: NamedDriver;
  readonly #baseFolder: string;
  /** Whether each case has a store of its own. */
  readonly areSeparate: boolean;

  constructor(named: NamedDriver, baseFolder: string) {
    this.#named = named;
    this.#baseFolder = baseFolder;
    this.areSeparate = JSON.stringify(named.options).includes(PLACEHOLDER);
  }

  /**
   * @throws PluginLoadError when there is no such driver
   * @throws UsageError when the store is not empty
   */
  async create(): Promise<DriverUnderTest> {
    const folder = this.areSeparate ? await mkdtemp(join(tmpdir(), 'stowage-driver-test-')) : undefined;
    const named = { spec: this.#named.spec, options: filledIn(this.#named.options, folder ?? PLACEHOLDER) };
    try {
      const driver = await this.#open(named);
      return {
        driver,
        options: named,
        dispose: async () => {
          try {
            await driver[Symbol.asyncDispose]();
          } finally {
            await this.#clear(named, folder);
          }
        },
      };
    } catch (error) {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** A driver on a store that is empty. */
  async #open(named: NamedDriver): Promise<StorageDriver> {
    const driver = await this.#load(named);
    const first = driver.list(ROOT_PATH)[Symbol.asyncIterator]();
    const next: IteratorResult<ListEntry, unknown> = await withinLimit(first.next(), LIST_LIMIT_MS, 'list("/")');
    if (next.done === true) return driver;
    await first.return?.();
    await driver[Symbol.asyncDispose]();
    throw new UsageError(
      `the store is not empty: it holds ${JSON.stringify(next.value.name)}. Give options that name an empty one; nothing was deleted`,
    );
  }

  async #clear(named: NamedDriver, folder: string | undefined): Promise<void> {
    if (folder !== undefined) {
      await rm(folder, { recursive: true, force: true });
      return;
    }
    // If the driver cannot delete, the next case reports that its store is not empty.
    await this.#empty(named).catch(() => undefined);
  }

  /** Opens another driver, because the driver of the case is closed. */
  async #empty(named: NamedDriver): Promise<void> {
    await using driver = await this.#load(named);
    await emptyStore(driver);
  }

  #load({ spec, options }: NamedDriver): Promise<StorageDriver> {
    const baseFolder = this.#baseFolder;
    return loadDriver(spec, options, { at: 'driver test', optionsAt: '--options', baseFolder, warn: () => undefined });
  }
}

/** `value`, with `folder` in place of the placeholder in each string. */
function filledIn(value: unknown, folder: string): unknown {
  if (typeof value === 'string') return value.replaceAll(PLACEHOLDER, folder);
  if (Array.isArray(value)) return value.map((item) => filledIn(item, folder));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, folder)]));
}
