import { RegistryError, type RegistryErrorCode } from '../../core/model/errors.ts';
import type { RepositoryName } from '../../core/model/reference.ts';
import { UploadRangeError } from '../../core/model/upload-state.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { LayerService, ResumedUpload } from '../../core/registry/layer-service.ts';
import type { LayerUpload } from '../../core/registry/layer-upload.ts';
import { Retries } from './transient.ts';
import type { RecordedUpload } from './upload-records.ts';

/** How often a registry is asked for an upload that another request is writing to: for about five seconds. */
const WAITS = 7;

/** How registries say that they no longer know an upload, or do not let it continue. */
const GONE: readonly RegistryErrorCode[] = [
  'BLOB_UPLOAD_UNKNOWN',
  'BLOB_UPLOAD_INVALID',
  'RANGE_INVALID',
  'NAME_UNKNOWN',
];

/**
 * Resumes an upload that was recorded.
 * @returns `undefined` when the registry no longer has it, or another request keeps it
 */
export async function resumeUpload(
  layers: LayerService,
  { repository, recorded }: { readonly repository: RepositoryName; readonly recorded: RecordedUpload },
  context: CallContext,
): Promise<LayerUpload | undefined> {
  const { uuid, location, startedAt, algorithm, offset } = recorded;
  const upload: ResumedUpload & Pick<RecordedUpload, 'location'> = {
    ...{ uuid, location, algorithm },
    ...(offset === 0 ? { begunAt: startedAt } : {}),
  };
  const waits = new Retries(WAITS);
  for (;;) {
    try {
      return await layers.resume(repository, upload, context);
    } catch (error) {
      if (!(error instanceof UploadRangeError)) {
        if (GONE.some((code) => RegistryError.is(error, code))) return undefined;
        throw error;
      }
      // The registry may not have noticed yet that the process is gone that was sending.
      if (!(await canWait(waits, error, context))) return undefined;
    }
  }
}

async function canWait(waits: Retries, error: UploadRangeError, { signal }: CallContext): Promise<boolean> {
  try {
    await waits.waitAfter(error, 0, signal);
    return true;
  } catch {
    signal?.throwIfAborted();
    return false;
  }
}
