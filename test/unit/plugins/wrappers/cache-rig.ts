import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Digest, digestOf, hexOf } from '../../../../core/digest/digest.ts';
import type { StorageDriver, StoragePath } from '../../../../core/driver/index.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import cache from '../../../../plugins/wrappers/cache/index.ts';
import { assertBytes, content, readAll, writeStream } from '../../../../testing/driver-case.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { pluginContext } from '../../../helpers/drivers/driver-options.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { wrap } from './wrap.ts';

/** A blob as stored in the backend. */
export interface StoredBlob {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly path: StoragePath;
}

/** A blob that differs by `seed`. */
export function blobOf(size: number, seed = 1): StoredBlob {
  const bytes = content(size, seed);
  const digest = digestOf(bytes);
  return { bytes, digest, path: new PathMapper().blobData(digest) };
}

/** Stores the blobs without any cache knowing. */
export async function store(backend: StorageDriver, ...blobs: readonly StoredBlob[]): Promise<void> {
  for (const { path, bytes } of blobs) await writeStream(backend, path, bytes);
}

/** A cache in front of a backend whose calls are counted. */
export interface CacheRig {
  readonly driver: StorageDriver;
  readonly backend: CountingDriver;
  readonly folder: string;
  readonly warnings: readonly string[];
  /** How often the backend was read since the last reset. */
  reads(): number;
  /** The digests of the copies on the disk. */
  copies(algorithm?: string): Promise<string[]>;
  /** The copy of a blob as a file. */
  fileOf(blob: StoredBlob): string;
}

/** The parts of a rig that are not new. */
export interface RigOptions {
  readonly backend?: StorageDriver;
  readonly folder?: string;
  readonly maxsize?: string | number;
  readonly others?: object;
}

export async function cacheRig(
  t: ExecutionContext,
  { backend: inner = new MemoryDriver(), folder, maxsize = '64MiB', others = {} }: RigOptions = {},
): Promise<CacheRig> {
  const place = folder ?? join(await tempRoot(t), 'cache');
  const backend = new CountingDriver(inner);
  const context = pluginContext();
  const driver = await wrap(backend, { definition: cache, options: { folder: place, maxsize, ...others }, context });
  t.teardown(() => driver[Symbol.asyncDispose]());
  return {
    driver,
    backend,
    folder: place,
    warnings: context.warnings,
    reads: () => backend.count('read'),
    copies: async (algorithm = 'sha256') => (await readdir(join(place, 'blobs', algorithm)).catch(() => [])).sort(),
    fileOf: ({ digest }) => join(place, 'blobs/sha256', hexOf(digest)),
  };
}

/** The bytes of all files below a folder. Files that vanish meanwhile count nothing. */
export async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? bytesBelow(path) : ((await stat(path).catch(() => undefined))?.size ?? 0);
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Waits for what happens a moment after a call, such as the end of a copy after its readers. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise(setImmediate);
}

/** Reads the blob until there is a copy; one that is just being finished may be lost together with its file. */
export async function untilCopied(rig: CacheRig, blob: StoredBlob): Promise<void> {
  const name = hexOf(blob.digest);
  await until(async () => {
    assertBytes(await readAll(rig.driver, blob.path), blob.bytes);
    return (await rig.copies()).includes(name);
  });
}
