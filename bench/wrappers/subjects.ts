import { join } from 'node:path';
import { TypedContainer } from '@inversifyjs/strongly-typed';
import { type Bindings, DRIVER_WRAPPER } from '../../core/di.ts';
import {
  guardDriver,
  type PluginContext,
  parseStoragePath,
  type StorageDriver,
  type StoragePath,
} from '../../core/driver/index.ts';
import filesystem from '../../drivers/filesystem/index.ts';
import type { PluginDefinition } from '../../plugins/plugin.ts';
import cache from '../../plugins/wrappers/cache/index.ts';
import encrypt from '../../plugins/wrappers/encrypt/index.ts';
import metrics from '../../plugins/wrappers/metrics/index.ts';
import readonly from '../../plugins/wrappers/readonly.ts';
import redirect from '../../plugins/wrappers/redirect.ts';
import throttle from '../../plugins/wrappers/throttle/index.ts';
import { BlobBytes } from '../load/blob-bytes.ts';

const CONTEXT: PluginContext = { baseFolder: '/', warn: (message) => void process.stderr.write(`${message}\n`) };

/** A driver under measurement; all others are compared with the first one. */
export interface Subject {
  readonly name: string;
  readonly driver: StorageDriver;
}

/** The paths of the two blobs, the same in all drivers. */
export interface Places {
  readonly large: StoragePath;
  readonly small: StoragePath;
}

interface Sizes {
  readonly largeBytes: number;
  readonly smallBytes: number;
}

/**
 * The bare filesystem driver, the driver behind its guard, and one driver for each wrapper between guards; all have the
 * same two blobs. Each has files of its own, because a shared file would be in the cache of the processor for some of
 * them only.
 */
export async function createSubjects(
  folder: string,
  sizes: Sizes,
): Promise<{ readonly subjects: readonly [Subject, ...Subject[]]; readonly places: Places }> {
  const { driver: bare, places } = await createBare(join(folder, 'bare'), sizes);
  const guarded = async (name: string) => guardDriver((await createBare(join(folder, name), sizes)).driver);
  const wrapped = async <Options>(name: string, definition: PluginDefinition<Options>, options: unknown) => ({
    name: `guard, ${name}, guard`,
    driver: await wrap(await guarded(name), definition, options),
  });
  const subjects = [
    { name: 'filesystem', driver: bare },
    { name: 'guard', driver: await guarded('guard') },
    await wrapped('redirect', redirect, { baseurl: 'https://cdn.example.com' }),
    await wrapped('readonly', readonly, {}),
    await wrapped('metrics', metrics, { interval: 0 }),
    await wrapped('cache, hit', cache, { folder: join(folder, 'copies'), maxsize: '1GiB' }),
    await wrapped('throttle', throttle, { callspersecond: 1e9, readbytespersecond: '1000TB' }),
    await createEncrypted(join(folder, 'encrypt'), sizes),
  ] as const;
  return { subjects, places };
}

async function createBare(folder: string, sizes: Sizes) {
  const driver = await createEmpty(folder);
  return { driver, places: await storeBlobs(driver, sizes) };
}

/** It takes an empty storage only, and what it reads was written through it. */
async function createEncrypted(folder: string, sizes: Sizes): Promise<Subject> {
  const keys = [{ id: 'bench', value: Buffer.alloc(32, 'bench').toString('base64') }];
  const driver = await wrap(guardDriver(await createEmpty(folder)), encrypt, { keys });
  await storeBlobs(driver, sizes);
  return { name: 'guard, encrypt, guard', driver };
}

function createEmpty(folder: string): Promise<StorageDriver> {
  return filesystem.create({ rootdirectory: folder, maxthreads: 100 }, CONTEXT);
}

async function storeBlobs(driver: StorageDriver, { largeBytes, smallBytes }: Sizes): Promise<Places> {
  return {
    large: await store(driver, new BlobBytes('large', largeBytes)),
    small: await store(driver, new BlobBytes('small', smallBytes)),
  };
}

async function wrap<Options>(
  driver: StorageDriver,
  definition: PluginDefinition<Options>,
  options: unknown,
): Promise<StorageDriver> {
  const parsed = await definition.options['~standard'].validate(options);
  if (parsed.issues !== undefined) throw new Error(`${definition.name}: ${JSON.stringify(parsed.issues)}`);
  const container = new TypedContainer<Bindings>();
  container.load(await definition.module(parsed.value, CONTEXT));
  return guardDriver(await container.get(DRIVER_WRAPPER).wrap(driver));
}

async function store(driver: StorageDriver, blob: BlobBytes): Promise<StoragePath> {
  const hex = blob.digest().slice('sha256:'.length);
  const path = parseStoragePath(`/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`);
  await using writer = await driver.openWriter(path, { append: false });
  await writer.append(
    (async function* () {
      yield* blob.read();
    })(),
  );
  await writer.commit();
  return path;
}
