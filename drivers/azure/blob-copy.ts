import { setTimeout } from 'node:timers/promises';
import type { StoreAnswer, StoreCallOptions } from '../object-store/index.ts';
import { type BlobService, codeOf } from './blob-service.ts';

/** How a copy that the service has not finished at once is followed. */
export interface CopyPolling {
  /** The number of polls without progress before the copy is ended; -1 ends it unless it is finished at once. */
  readonly maxPolls: number;
  /** The n-th poll without progress follows after n times this pause. */
  readonly delayMs: number;
}

/** A copy inside an account. */
export interface BlobCopy extends CopyPolling {
  readonly service: BlobService;
  readonly from: string;
  /** The ETag of the source. */
  readonly version: string;
  readonly to: string;
}

/**
 * Copies a blob of any size to another one of the account, and waits until it has all bytes. Until then the target has
 * no content for those who read it with this driver.
 * @returns the answer with `InvalidBlobType` when the target has another type, which must be deleted before
 */
export async function copyBlob(copy: BlobCopy, { signal }: StoreCallOptions): Promise<StoreAnswer> {
  const { service, from, version, to } = copy;
  const headers = { 'x-ms-copy-source': service.url(from).href, 'x-ms-source-if-match': version };
  for (;;) {
    const answer = await service.call({ method: 'PUT', key: to, headers, signal }, 409);
    const code = codeOf(answer);
    if (code === 'InvalidBlobType') return answer;
    // Another writer is copying to the same key; its copy must end before another one can begin.
    if (answer.status === 409 && code !== 'PendingCopyOperation') throw service.error(answer);
    const id = answer.status === 409 ? undefined : String(answer.headers['x-ms-copy-id'] ?? '');
    if (answer.headers['x-ms-copy-status'] !== 'success') await finished(copy, id, signal);
    if (id !== undefined) return answer;
  }
}

/** Waits until the target has the content of the copy `id`, or of any copy. */
async function finished(copy: BlobCopy, id: string | undefined, signal: AbortSignal | undefined): Promise<void> {
  const { service, to, maxPolls, delayMs } = copy;
  let progress = '';
  for (let polls = 0; ; ) {
    const answer = await service.call({ method: 'HEAD', key: to, signal }, 404);
    const { headers } = answer;
    const running = String(headers['x-ms-copy-id'] ?? '');
    const status = String(headers['x-ms-copy-status'] ?? 'success');
    // Another writer has replaced the target since, or deleted it.
    if (answer.status === 404 || status === 'success' || (id !== undefined && running !== id)) return;
    if (status !== 'pending') {
      if (id === undefined) return;
      throw new Error(`the copy to ${to} ${status}: ${String(headers['x-ms-copy-status-description'] ?? '')}`);
    }
    const reached = String(headers['x-ms-copy-progress'] ?? '');
    polls = reached === progress ? polls + 1 : 1;
    progress = reached;
    if (polls > maxPolls) {
      if (id !== undefined) await abort(service, to, id);
      throw new Error(
        `the copy to ${to} made no progress (${reached === '' ? 'none' : reached} bytes); max_retries limits the polls`,
      );
    }
    await setTimeout(delayMs * polls, undefined, signal && { signal });
  }
}

/** Ends a copy, which leaves an empty blob, and removes that. */
async function abort(service: BlobService, key: string, id: string): Promise<void> {
  const query = { comp: 'copy', copyid: id };
  await service.call({ method: 'PUT', key, query, headers: { 'x-ms-copy-action': 'abort' } }, 404, 409);
  await service.call({ method: 'DELETE', key }, 404);
}
