import { setTimeout } from 'node:timers/promises';
import type { StoreAnswer, StoreCallOptions } from '../object-store/index.ts';
import { DELETE_HEADERS } from './batch-deletion.ts';
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

/** How often a copy begins anew because others have deleted its target or have left it without content. */
const MAX_COPIES = 5;

/**
 * Copies a blob of any size to another one of the account, and waits until it has all bytes. Until then the target has
 * no content for those who read it with this driver.
 * @returns the answer with `InvalidBlobType` when the target has another type, which must be deleted before
 */
export async function copyBlob(copy: BlobCopy, { signal }: StoreCallOptions): Promise<StoreAnswer> {
  const { service, from, version, to } = copy;
  const headers = { 'x-ms-copy-source': service.url(from).href, 'x-ms-source-if-match': version };
  for (let begun = 0; begun < MAX_COPIES; ) {
    const answer = await service.call({ method: 'PUT', key: to, headers, signal }, 409);
    const code = codeOf(answer);
    if (code === 'InvalidBlobType') return answer;
    // Another writer is copying to the same key; its copy must end before another one can begin.
    if (answer.status === 409 && code !== 'PendingCopyOperation') throw service.error(answer);
    const id = answer.status === 409 ? undefined : String(answer.headers['x-ms-copy-id'] ?? '');
    const isFilled = answer.headers['x-ms-copy-status'] === 'success' || (await filled(copy, id, signal));
    if (id === undefined) continue;
    if (isFilled) return answer;
    begun += 1;
  }
  throw new Error(`the copy to ${to} was deleted or replaced by others ${MAX_COPIES} times`);
}

/**
 * Waits until no copy to the target is pending.
 * @param id the copy of this process, if there is one
 * @returns whether the target has content, of this copy or of a writer that has replaced it since
 */
async function filled(copy: BlobCopy, id: string | undefined, signal: AbortSignal | undefined): Promise<boolean> {
  const { service, to, maxPolls, delayMs } = copy;
  let progress = '';
  for (let polls = 0; ; ) {
    const answer = await service.call({ method: 'HEAD', key: to, signal }, 404);
    const { headers } = answer;
    if (answer.status === 404) return false;
    const { running, status } = copyIn(answer);
    if (status === 'success') return true;
    if (status !== 'pending') {
      if (running !== id) return false;
      throw new Error(`the copy to ${to} ${status}: ${String(headers['x-ms-copy-status-description'] ?? '')}`);
    }
    const reached = String(headers['x-ms-copy-progress'] ?? '');
    polls = progress === `${running} ${reached}` ? polls + 1 : 1;
    progress = `${running} ${reached}`;
    if (polls > maxPolls) {
      if (running === id && (await hasFinished(service, to, id))) return true;
      throw new Error(
        `the copy to ${to} made no progress (${reached === '' ? 'none' : reached} bytes); max_retries limits the polls`,
      );
    }
    await setTimeout(delayMs * polls, undefined, signal && { signal });
  }
}

/**
 * Ends a copy, which leaves an empty blob, and removes that, but nothing else: the copy may have finished a moment
 * before, and another writer may have replaced its target.
 * @returns whether the target has content nevertheless
 */
async function hasFinished(service: BlobService, key: string, id: string): Promise<boolean> {
  const query = { comp: 'copy', copyid: id };
  await service.call({ method: 'PUT', key, query, headers: { 'x-ms-copy-action': 'abort' } }, 404, 409);
  const left = await service.call({ method: 'HEAD', key }, 404);
  const { running, status } = copyIn(left);
  if (left.status === 404) return false;
  if (running === id && (status === 'aborted' || status === 'failed')) {
    const headers = { ...DELETE_HEADERS, 'if-match': left.headers.etag ?? '' };
    await service.call({ method: 'DELETE', key, headers }, 404, 412);
  }
  return status === 'success';
}

/** The last copy to a blob; `success` also when it was written without one. */
function copyIn({ headers }: StoreAnswer): { readonly running: string; readonly status: string } {
  return {
    running: String(headers['x-ms-copy-id'] ?? ''),
    status: String(headers['x-ms-copy-status'] ?? 'success'),
  };
}
