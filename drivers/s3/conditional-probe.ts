import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { hasStatus } from '../object-store/index.ts';
import { ChunkedBody } from './chunked-body.ts';
import type { S3Calls } from './s3-calls.ts';

/**
 * Tries whether a store obeys the conditions of PUT: stores an object twice that must be new, and replaces a version
 * that is not there. Its key is hidden, and it is deleted.
 */
export async function hasConditionalPuts(
  calls: S3Calls,
  {
    bucket,
    prefix,
    signal,
  }: { readonly bucket: string; readonly prefix: string; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const key = `${prefix}~stowage-${randomUUID()}`;
  const put = async (condition: { readonly IfNoneMatch: string } | { readonly IfMatch: string }): Promise<boolean> => {
    const input = { Bucket: bucket, Key: key, Body: new ChunkedBody([]), ContentLength: 0, ...condition };
    try {
      await calls.run((client, options) => client.send(new PutObjectCommand(input), options), signal);
      return true;
    } catch (error) {
      // Whatever else it answers (not implemented, not allowed), it cannot be relied on.
      if (hasStatus(error, 400, 403, 404, 405, 409, 412, 501)) return false;
      throw error;
    }
  };
  if (!(await put({ IfNoneMatch: '*' }))) return false;
  const isObeyed =
    !(await put({ IfNoneMatch: '*' })) && !(await put({ IfMatch: '"0123456789abcdef0123456789abcdef"' }));
  await calls.run(
    (client, options) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), options),
    signal,
  );
  return isObeyed;
}
