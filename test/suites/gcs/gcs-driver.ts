import { guardDriver, type StorageDriver } from '../../../core/driver/index.ts';
import { Bucket, SERVICE } from '../../../drivers/gcs/bucket.ts';
import { type OpenDependencies, openDriver } from '../../../drivers/gcs/open-driver.ts';
import type { GcsOptions } from '../../../drivers/gcs/options.ts';
import { HttpTransport } from '../../../drivers/object-store/http-transport.ts';
import { Retries } from '../../../drivers/object-store/retries.ts';

export const UNIT_BYTES = 256 * 1024;

/** Pauses that a test does not notice, and enough attempts for many faults in a row. */
const PATIENCE = { maxAttempts: 12, firstPauseMs: 1, maxPauseMs: 4 };

/** A guarded driver on a bucket; parts of uploads have 512 KiB. */
export async function openGcs(
  bucket: string,
  endpoint: string,
  options: Partial<GcsOptions> = {},
  surroundings: OpenDependencies = {},
): Promise<StorageDriver> {
  const defaults = { rootdirectory: '', chunksize: 2 * UNIT_BYTES, maxconcurrency: 50, useragent: 'stowage-test' };
  return guardDriver(
    await openDriver({ ...defaults, bucket, endpoint, ...options }, { retry: PATIENCE, ...surroundings }),
  );
}

/** The objects of a bucket, without a driver. */
export function openBucket(name: string, endpoint: string): Bucket {
  const transport = new HttpTransport({
    service: SERVICE,
    maxCalls: 10,
    userAgent: 'stowage-test',
    authorize: async () => ({}),
  });
  return new Bucket({ endpoint, name, transport, retries: new Retries(PATIENCE), partBytes: UNIT_BYTES });
}

/** Every key of a bucket. */
export async function keysOf(bucket: Bucket): Promise<string[]> {
  const { items } = await bucket.list({ prefix: '' });
  return items.map(({ key }) => key);
}
