import { resolve } from 'node:path';
import { z } from 'zod';
import type { PluginContext, StorageDriver } from '../../../core/driver/index.ts';
import { errorMessage } from '../../loading/error-message.ts';
import { defineWrapper } from '../define-wrapper.ts';
import { byteSize } from '../option-values.ts';
import { BlobCache } from './blob-cache.ts';
import { CacheDriver } from './cache-driver.ts';
import { CachedFiles } from './cached-files.ts';

const CacheOptions = z
  .strictObject({
    folder: z.string('must name a folder on a local disk').min(1, 'must name a folder on a local disk').meta({
      public: true,
      value: 'folder',
      description:
        'The folder of the copies; created if missing. A relative path starts at the folder of the configuration file.',
    }),
    maxsize: byteSize()
      .default(10 * 1024 ** 3)
      .meta({
        public: true,
        value: 'size',
        default: '10GiB',
        description: 'The total size of all copies, finished or not; the least recently used ones are evicted.',
      }),
    minfilesize: byteSize(0)
      .default(0)
      .meta({ public: true, value: 'size', description: 'Smaller blobs are not copied.' }),
    maxfilesize: byteSize()
      .optional()
      .meta({ public: true, value: 'size', default: '`maxsize`', description: 'Larger blobs are not copied.' }),
  })
  .refine(({ minfilesize, maxfilesize = Infinity, maxsize }) => minfilesize <= Math.min(maxfilesize, maxsize), {
    path: ['minfilesize'],
    error: 'must not be greater than maxfilesize and maxsize: nothing would ever be cached',
  });

/** `middleware: {storage: [{name: cache, options: {folder, maxsize, minfilesize, maxfilesize}}]}`. */
export default defineWrapper({
  name: 'cache',
  options: CacheOptions,
  wrap: (options, context) => (driver) => wrap(driver, options, context),
});

async function wrap(
  driver: StorageDriver,
  { folder: wanted, maxsize, minfilesize, maxfilesize = maxsize }: z.infer<typeof CacheOptions>,
  context: PluginContext,
): Promise<StorageDriver> {
  const folder = resolve(context.baseFolder, wanted);
  const { signal } = context;
  try {
    const store = await openStore(folder, context);
    const files = await CachedFiles.open({ folder, maxBytes: maxsize, store, signal });
    const cache = new BlobCache(files, { minFileBytes: minfilesize, maxFileBytes: maxfilesize }, context.warn);
    return new CacheDriver(driver, cache, [cache, store]);
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(
      `cache: cannot use the folder ${JSON.stringify(folder)}: ${errorMessage(error)}. ` +
        'Set folder to one that this process may write to, on a local disk that is not full.',
    );
  }
}

/** The filesystem driver reads and writes the copies, so they are as fast as that driver. */
async function openStore(folder: string, { warn, signal }: PluginContext): Promise<StorageDriver> {
  const { FilesystemDriver } = await import('../../../drivers/filesystem/filesystem-driver.ts');
  return FilesystemDriver.open({ rootFolder: folder, maxCalls: 100, warn, signal, isExpendable: true });
}
