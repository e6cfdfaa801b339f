import type { CopyOptions } from '../../core/storage-copy/copy-session.ts';
import { EmptySourceError } from '../../core/storage-copy/storage-copy.ts';
import { openStorageCopy, UnsuitableStorageError } from '../../server/composition/open-storage-copy.ts';
import { loadConfiguration } from '../../server/config/index.ts';
import type { ExitCode, Program } from '../command.ts';
import { requireStorage } from '../jobs/require-storage.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { findingLine } from '../scrub/scrub-lines.ts';
import { UsageError } from '../usage-error.ts';
import { copyText } from './copy-lines.ts';
import { CopyProgress } from './copy-progress.ts';

/** `stowage copy-storage`: copies what one storage has to another. */
export interface CopyStorageRequest extends Omit<CopyOptions, 'onlyMissing'> {
  readonly kind: 'copy-storage';
  /** Configuration files. */
  readonly from: string;
  readonly to: string;
  readonly json: boolean;
}

/**
 * Does one pass; registries may run on both storages meanwhile. Prints what is wrong in the source when it is found, or
 * the report as JSON. SIGTERM and SIGINT stop it; the next run resumes.
 * @returns 9 when something in the source is damaged, so that it was not copied
 * @throws UsageError when the two storages do not suit; Error that says why it did not complete
 */
export async function run(request: CopyStorageRequest, { env, print, complain }: Program): Promise<ExitCode> {
  const { kind: _, from: source, to: target, json, ...options } = request;
  const from = await loadConfiguration({ path: source, env });
  const to = await loadConfiguration({ path: target, env });
  const isInUse = to.configuration.storage.copyFrom !== undefined;
  if (isInUse && options.deletes)
    throw new UsageError(
      `--delete would remove what clients have pushed to the storage of ${target}, which storage.copyfrom says is in use`,
    );
  await requireStorage(from);
  const began = performance.now();
  const progress = new CopyProgress(complain);
  using stopping = stopSignal();
  try {
    await using open = await openStorageCopy(from, to);
    const report = await open.copy.run(
      { ...options, onlyMissing: isInUse },
      {
        signal: stopping.signal,
        observer: {
          onBytes: (bytes) => progress.onBytes(bytes),
          onContent: (done, total) => progress.onContent(done, total),
          onRepository: (done) => progress.onRepository(done),
          onFinding: (finding) => (json ? undefined : print(`${findingLine(finding)}\n`)),
        },
      },
    );
    const seconds = Math.round(performance.now() - began) / 1000;
    const { dryRun } = options;
    print(json ? `${JSON.stringify({ ...report, dryRun, seconds })}\n` : copyText(report, { dryRun, seconds }));
    return report.damage > 0 ? 9 : 0;
  } catch (error) {
    if (stopping.signal.aborted) throw new Error('a signal stopped the copy; run it again to copy the rest');
    if (error instanceof UnsuitableStorageError || error instanceof EmptySourceError)
      throw new UsageError(error.message);
    throw error;
  }
}
