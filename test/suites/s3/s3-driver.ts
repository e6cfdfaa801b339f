import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { guardDriver, type StorageDriver } from '../../../core/driver/index.ts';
import { type OpenDependencies, openDriver } from '../../../drivers/s3/open-driver.ts';
import { S3Options } from '../../../drivers/s3/options.ts';
import { type Emulator, KEYS, openClient, REGION } from './emulators.ts';

/** The smallest part of an upload that S3 takes. */
export const PART_BYTES = 5 * 1024 * 1024;

/** Pauses that a test does not notice, and enough attempts for many faults in a row. */
const PATIENCE = { maxAttempts: 12, firstPauseMs: 1, maxPauseMs: 4 };

/** The options of the driver for a bucket of an emulator, as the YAML has them. */
export function optionsFor(bucket: string, endpoint: string): Readonly<Record<string, unknown>> {
  return { ...KEYS, bucket, region: REGION, regionendpoint: endpoint, forcepathstyle: true, chunksize: PART_BYTES };
}

/** A guarded driver on a bucket; parts of uploads have 5 MiB. */
export async function openS3(
  bucket: string,
  endpoint: string,
  options: Readonly<Record<string, unknown>> = {},
  dependencies: OpenDependencies = {},
): Promise<StorageDriver> {
  const parsed = S3Options.parse({ ...optionsFor(bucket, endpoint), ...options });
  return guardDriver(await openDriver(parsed, { retry: PATIENCE, ...dependencies }));
}

/** Every key of a bucket. */
export async function keysOf(emulator: Emulator, bucket: string): Promise<string[]> {
  await using client = await openClient(emulator);
  const { Contents = [] } = await client.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key = '' }) => Key);
}
