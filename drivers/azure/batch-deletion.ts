import { randomUUID } from 'node:crypto';
import type { StoreRequest } from '../object-store/index.ts';
import type { BlobService } from './blob-service.ts';

/** The most deletions in one request. */
export const MAX_BATCH = 256;

/** Authorizes one request of a batch. */
export type Authorize = (url: URL, request: StoreRequest) => Promise<Readonly<Record<string, string>>>;

/**
 * Deletes blobs with one request (https://learn.microsoft.com/rest/api/storageservices/blob-batch).
 * @param keys at most {@link MAX_BATCH}
 * @returns the keys that must be deleted one by one, because the service answered something else than "deleted" or
 * "not found"; all of them when it has no batches
 */
export async function deleteBatch(
  service: BlobService,
  keys: readonly string[],
  { authorize, signal }: { readonly authorize: Authorize; readonly signal?: AbortSignal | undefined },
): Promise<readonly string[]> {
  const answer = await service.retries.run(async () => {
    const boundary = `batch_${randomUUID()}`;
    const parts = await Promise.all(keys.map((key, at) => partFor(service.url(key), { at, boundary, authorize })));
    return service.send(
      {
        method: 'POST',
        query: { restype: 'container', comp: 'batch' },
        headers: { 'content-type': `multipart/mixed; boundary=${boundary}` },
        body: [Buffer.from(`${parts.join('')}--${boundary}--\r\n`)],
        signal,
      },
      ...[400, 404, 405, 411, 415, 501],
    );
  }, signal);
  if (answer.status !== 202) return keys;
  const deleted = new Set<number>();
  for (const part of answer.body.toString('latin1').split(/^--/m)) {
    const at = /^content-id:\s*(\d+)/im.exec(part)?.[1];
    const status = /^HTTP\/1\.1 (\d{3})/m.exec(part)?.[1];
    if (at !== undefined && (status === '202' || (status === '404' && /BlobNotFound/.test(part))))
      deleted.add(Number(at));
  }
  return keys.filter((_, at) => !deleted.has(at));
}

/** Snapshots of a blob would prevent its deletion. */
export const DELETE_HEADERS = { 'x-ms-delete-snapshots': 'include' };

async function partFor(
  url: URL,
  { at, boundary, authorize }: { readonly at: number; readonly boundary: string; readonly authorize: Authorize },
): Promise<string> {
  const request: StoreRequest = { method: 'DELETE', url, headers: DELETE_HEADERS };
  const headers = { ...DELETE_HEADERS, ...(await authorize(url, request)), 'content-length': '0' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return [
    `--${boundary}\r\n`,
    'content-type: application/http\r\ncontent-transfer-encoding: binary\r\n',
    `content-id: ${at}\r\n\r\n`,
    `DELETE ${url.pathname} HTTP/1.1\r\n${lines.join('')}\r\n`,
  ].join('');
}
