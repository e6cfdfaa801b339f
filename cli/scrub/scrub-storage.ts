import { openJobs } from '../../server/composition/open-jobs.ts';
import { loadConfiguration } from '../../server/config/index.ts';
import { silentLog } from '../../server/jobs/silent-log.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { ExitCode, Program } from '../command.ts';
import { reasonNotCompleted } from '../jobs/reason-not-completed.ts';
import { requireStorage } from '../jobs/require-storage.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { findingLine, reportText } from './scrub-lines.ts';
import { ScrubProgress } from './scrub-progress.ts';

const JOB = 'scrub';

/** `stowage scrub`: verifies everything that is stored. */
export interface ScrubRequest extends ConfiguredCommand {
  readonly kind: 'scrub';
  readonly dryRun: boolean;
  /** Whether it resumes the work of an earlier run that has not completed. */
  readonly resumes: boolean;
  /** How many bytes are read each second at most; absent: as configured. */
  readonly bytesPerSecond?: number | undefined;
  readonly json: boolean;
}

/**
 * Verifies a storage; a registry may run on it meanwhile. Prints each finding when it is made, or the report as JSON.
 * SIGTERM and SIGINT stop it.
 * @returns 9 when something is wrong that matters to clients, whether it was repaired or not
 * @throws Error that says why it did not complete
 */
export async function run(request: ScrubRequest, { env, print, complain }: Program): Promise<ExitCode> {
  const { json, resumes, bytesPerSecond } = request;
  const loaded = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  await requireStorage(loaded);
  const { storage } = loaded.configuration;
  const scrub = { ...storage.scrub, ...(bytesPerSecond !== undefined && { bytesPerSecond }) };
  const configuration = { ...loaded.configuration, storage: { ...storage, scrub } };
  const progress = new ScrubProgress(complain);
  await using open = await openJobs(
    { ...loaded, configuration },
    {
      log: silentLog,
      scrubObserver: {
        onBytes: (bytes) => progress.onBytes(bytes),
        onBlob: (done, total) => progress.onBlob(done, total),
        onFinding: (finding) => (json ? undefined : print(`${findingLine(finding)}\n`)),
      },
    },
  );
  const found = open.jobs.find(({ job }) => job.name === JOB);
  if (found === undefined) throw new Error(`there is no job ${JOB}`);
  const dryRun = request.dryRun || found.dryRun;
  using stopping = stopSignal();
  const result = await open.runner.run(found.job, { dryRun, signal: stopping.signal, resumes });
  if (result.outcome === 'failed') throw result.error;
  if (result.outcome !== 'completed') throw new Error(`${JOB} ${reasonNotCompleted(result)}`);
  const { report, seconds } = result;
  print(json ? `${JSON.stringify({ ...report, dryRun, seconds })}\n` : reportText(report, { dryRun, seconds }));
  return found.job.foundProblems?.(report) === true ? 9 : 0;
}
