import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverCapabilities, DriverDefinition, StorageDriver } from '../../core/driver/index.ts';
import filesystem from '../../drivers/filesystem/index.ts';
import { Bucket } from '../../drivers/gcs/bucket.ts';
import { GcsDriver } from '../../drivers/gcs/gcs-driver.ts';
import { HttpTransport } from '../../drivers/gcs/http-transport.ts';
import gcs from '../../drivers/gcs/index.ts';
import { KeyMapper } from '../../drivers/gcs/keys.ts';
import { Retries } from '../../drivers/gcs/retries.ts';
import memory from '../../drivers/memory/index.ts';
import sqlite from '../../examples/driver-sqlite/src/index.ts';

/** A driver of this repository. */
interface DocumentedDriver {
  readonly definition: Pick<DriverDefinition, 'name' | 'options'>;
  /** Its page, seen from `docs/generator/drivers`. */
  readonly page: string;
  /** Makes one that keeps what it needs in `folder`. */
  readonly create: (folder: string) => Promise<StorageDriver> | StorageDriver;
}

const context = (baseFolder: string) => ({ baseFolder, warn: () => undefined });

export const DOCUMENTED_DRIVERS: readonly DocumentedDriver[] = [
  {
    definition: filesystem,
    page: 'filesystem.md',
    create: (folder) => filesystem.create({ rootdirectory: folder, maxthreads: 25 }, context(folder)),
  },
  { definition: gcs, page: 'gcs.md', create: () => gcsWithKey() },
  {
    definition: memory,
    page: 'inmemory.md',
    create: (folder) => memory.create({}, context(folder)),
  },
  {
    definition: sqlite,
    page: '../../examples/driver-sqlite/README.md',
    create: (folder) => sqlite.create({ file: 'registry.db' }, context(folder)),
  },
];

/** As with the key of a service account. Nothing is sent. */
function gcsWithKey(): GcsDriver {
  const transport = new HttpTransport({ maxCalls: 1, userAgent: 'none', authorize: async () => ({}) });
  return new GcsDriver({
    bucket: new Bucket({ endpoint: 'http://localhost', name: 'images', transport, retries: new Retries() }),
    keys: new KeyMapper(''),
    chunkBytes: 256 * 1024,
    signUrl: async () => new URL('http://localhost'),
  });
}

/** What a driver claims. */
export async function capabilitiesOf({ create }: DocumentedDriver): Promise<DriverCapabilities> {
  const folder = await mkdtemp(join(tmpdir(), 'stowage-docs-'));
  try {
    await using driver = await create(folder);
    return driver.capabilities;
  } finally {
    await rm(folder, { recursive: true });
  }
}
