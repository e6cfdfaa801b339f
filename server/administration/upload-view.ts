import type { UploadInProgress } from '../../core/admin/upload-administration.ts';
import { timeOf } from './run-view.ts';

/** An upload as programs see it. */
export interface UploadView {
  readonly repository: string;
  readonly id: string;
  readonly bytes: number;
  /** Absent where a crash has left no record. */
  readonly startedAt?: string;
  /** Whether a request writes it now, in a process that could be asked. */
  readonly receiving: boolean;
  /** The user of the first request with bytes that a process has seen; absent for an anonymous one, and if none could be asked. */
  readonly owner?: string | undefined;
  /** Of the request that writes it, or of the last one; absent if no process that could be asked has written it. */
  readonly bytesPerSecond?: number;
}

export function uploadView({ repository, id, bytes, startedAt, trace }: UploadInProgress): UploadView {
  return {
    repository,
    id,
    bytes,
    ...(startedAt !== undefined && { startedAt: timeOf(startedAt.getTime()) }),
    receiving: trace?.isActive === true,
    ...(trace !== undefined && { owner: trace.owner, bytesPerSecond: trace.bytesPerSecond }),
  };
}
