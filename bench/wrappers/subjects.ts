import 'reflect-metadata';
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
import metrics from '../../plugins/wrappers/metrics/index.ts';
import readonly from '../../plugins/wrappers/readonly.ts';
import redirect from '../../plugins/wrappers/redirect.ts';
import { BlobBytes } from '../load/blob-bytes.ts';

const CONTEXT: PluginContext = { baseFolder: '/', warn: (message) => void process.stderr.write(`${message}\n`) };

/** A driver under measurement; the first one is what the others are compared with. */
export interface Subject {
  readonly name: string;
  readonly driver: StorageDriver;
}

/** Where the two blobs lie in each of them. */
export interface Places {
  readonly large: StoragePath;
  readonly small: StoragePath;
}

/** The filesystem driver bare, behind its guard, and behind guards and one wrapper each; all have the same two blobs. */
export async function createSubjects(
  folder: string,
  sizes: { readonly largeBytes: number; readonly smallBytes: number },
): Promise<{ readonly subjects: readonly [Subject, ...Subject[]]; readonly places: Places }> {
  const bare = await filesystem.create({ rootdirectory: join(folder, 'root'), maxthreads: 100 }, CONTEXT);
  const places = {
    large: await store(bare, new BlobBytes('large', sizes.largeBytes)),
    small: await store(bare, new BlobBytes('small', sizes.smallBytes)),
  };
  const guarded = guardDriver(bare);
  const wrapped = async <Options>(name: string, definition: PluginDefinition<Options>, options: unknown) => ({
    name: `guard, ${name}, guard`,
    driver: await wrap(guarded, definition, options),
  });
  const subjects = [
    { name: 'filesystem', driver: bare },
    { name: 'guard', driver: guarded },
    await wrapped('redirect', redirect, { baseurl: 'https://cdn.example.com' }),
    await wrapped('readonly', readonly, {}),
    await wrapped('metrics', metrics, { interval: 0 }),
    await wrapped('cache, hit', cache, { folder: join(folder, 'cache'), maxsize: '1GiB' }),
  ] as const;
  return { subjects, places };
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
