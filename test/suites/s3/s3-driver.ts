import { KEYS, REGION } from './emulators.ts';

/** The smallest part of an upload that S3 takes. */
const PART_BYTES = 5 * 1024 * 1024;

/** The options of the driver for a bucket of an emulator, as the YAML has them. */
export function optionsFor(bucket: string, endpoint: string): Readonly<Record<string, unknown>> {
  return { ...KEYS, bucket, region: REGION, regionendpoint: endpoint, forcepathstyle: true, chunksize: PART_BYTES };
}
