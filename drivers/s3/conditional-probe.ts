import { randomUUID } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { hasStatus, type StatusError } from '../object-store/index.ts';
import { ChunkedBody } from './chunked-body.ts';
import type { ObjectSettings } from './object-settings.ts';
import type { S3Calls } from './s3-calls.ts';

/** Where and how the objects of the question are stored. */
export interface ProbePlace {
  readonly settings: ObjectSettings;
  readonly prefix: string;
  readonly signal?: AbortSignal | undefined;
}

/** Whether the conditions of PUT are obeyed; the refusal, if the objects may not be stored, so that it is not known. */
export type ProbeAnswer = 'obeyed' | 'ignored' | StatusError;

/**
 * Tries whether a store obeys the conditions of PUT: stores an object twice that must be new, and replaces a version
 * that is not there. Its key is hidden, and it is deleted.
 */
export async function askConditionalPuts(
  calls: S3Calls,
  { settings, prefix, signal }: ProbePlace,
): Promise<ProbeAnswer> {
  const keys: string[] = [];
  const put = (key: string, condition: { readonly IfNoneMatch: string } | { readonly IfMatch: string }) => {
    const input = {
      ...settings.at(key),
      ...settings.stored,
      Body: new ChunkedBody([]),
      ContentLength: 0,
      ...condition,
    };
    return calls.once((client, options) => client.send(new PutObjectCommand(input), options), signal);
  };
  const refused = (attempt: () => Promise<unknown>): Promise<boolean> =>
    calls.retries.run(attempt, signal).then(
      () => false,
      (error: unknown) => {
        // Whatever it answers (not implemented, for example), it cannot be relied on.
        if (hasStatus(error, 400, 404, 405, 409, 412, 501)) return true;
        throw error;
      },
    );
  const storeNew = (): Promise<unknown> => {
    // A new key for each attempt: an earlier one may have stored its object although its answer was lost.
    const key = `${prefix}~stowage-${randomUUID()}`;
    keys.push(key);
    return put(key, { IfNoneMatch: '*' });
  };
  try {
    if (await refused(storeNew)) return 'ignored';
    const key = keys.at(-1) ?? '';
    const isObeyed =
      (await refused(() => put(key, { IfNoneMatch: '*' }))) &&
      (await refused(() => put(key, { IfMatch: '"0123456789abcdef0123456789abcdef"' })));
    return isObeyed ? 'obeyed' : 'ignored';
  } catch (error) {
    if (hasStatus(error, 403)) return error;
    throw error;
  } finally {
    await Promise.all(keys.map((key) => remove(calls, settings, key, signal)));
  }
}

/** Deletes an object, unless that is refused: it is empty and hidden. */
async function remove(
  calls: S3Calls,
  settings: ObjectSettings,
  key: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const command = settings.at(key);
  await calls
    .run((client, options) => client.send(new DeleteObjectCommand(command), options), signal)
    .catch(() => undefined);
}
