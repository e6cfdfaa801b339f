import type { RepositoryName } from '../../core/model/reference.ts';
import { UploadRangeError } from '../../core/model/upload-state.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { LayerService, ResumedUpload } from '../../core/registry/layer-service.ts';
import type { LayerUpload } from '../../core/registry/layer-upload.ts';
import { type Patience, Retries } from './transient.ts';
import type { RecordedUpload } from './upload-records.ts';

/** How often to retry after transient failures; each single request is already retried. */
const OTHER_RETRIES = 1;

/** The upload to resume. */
export interface ResumeUploadOptions {
  readonly repository: RepositoryName;
  readonly recorded: RecordedUpload;
  /** The patience with another request that still writes to the upload. */
  readonly patience: Patience;
  /**
   * Whether another request was seen writing to it: it is then resumed only when it stops growing, so that no bytes are
   * sent in vain.
   */
  readonly isContested: boolean;
}

/**
 * Resumes a recorded upload.
 * @returns `undefined` when the registry no longer has it, rejects continuing it, or cannot be reached, and when
 * another request holds it: a new upload needs none of this
 * @throws only the reason of the signal
 */
export async function resumeUpload(
  layers: LayerService,
  { repository, recorded, patience, isContested }: ResumeUploadOptions,
  context: CallContext,
): Promise<LayerUpload | undefined> {
  const { uuid, location, startedAt, algorithm, offset, minChunkBytes } = recorded;
  const upload: ResumedUpload & Pick<RecordedUpload, 'location' | 'minChunkBytes'> = {
    ...{ uuid, location, algorithm, minChunkBytes },
    ...(offset === 0 ? { begunAt: startedAt } : {}),
  };
  const others = new Retries(OTHER_RETRIES);
  let size: number | undefined;
  for (;;) {
    try {
      const resumed = await layers.resume(repository, upload, context);
      if (!isContested || resumed.size === size) return resumed;
      size = resumed.size;
      await resumed[Symbol.asyncDispose]();
      if (!(await patience.wait(context.signal))) return undefined;
    } catch (error) {
      // The registry may not have noticed yet that the sending process is gone. If it accepts no upload at all, that
      // shows when a new one begins.
      const isBusy = error instanceof UploadRangeError;
      const waits = isBusy ? patience.wait(context.signal) : canWait(others, error, context);
      if (!(await waits)) return undefined;
    }
  }
}

async function canWait(waits: Retries, error: unknown, { signal }: CallContext): Promise<boolean> {
  try {
    await waits.waitAfter(error, 0, signal);
    return true;
  } catch {
    signal?.throwIfAborted();
    return false;
  }
}
