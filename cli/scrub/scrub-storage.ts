import { loadConfiguration } from '../../server/config/index.ts';
import { silentLog } from '../../server/jobs/silent-log.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { ExitCode, Program } from '../command.ts';
import { runOnce } from '../jobs/run-once.ts';
import { type GivenLimits, withLimits } from '../jobs/with-limits.ts';
import { findingLine, reportText } from './scrub-lines.ts';
import { ScrubProgress } from './scrub-progress.ts';

/** `stowage scrub`: verifies everything that is stored. */
export interface ScrubRequest extends ConfiguredCommand, GivenLimits {
  readonly kind: 'scrub';
  readonly dryRun: boolean;
  /** Whether it resumes the work of an earlier run that has not completed. */
  readonly resumes?: true;
  readonly json: boolean;
}

/**
 * Verifies a storage; a registry may run on it meanwhile. Prints each finding when it is made, or the report as JSON.
 * SIGTERM and SIGINT stop it.
 * @returns 9 when something is wrong that matters to clients, whether it was repaired or not
 * @throws Error that says why it did not complete
 */
export async function run(request: ScrubRequest, { env, print, complain }: Program): Promise<ExitCode> {
  const { json } = request;
  const given = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  const progress = new ScrubProgress(complain);
  const { report, seconds, dryRun, exitCode } = await runOnce(withLimits(given, 'scrub', request), {
    job: 'scrub',
    dryRun: request.dryRun,
    resumes: request.resumes,
    log: silentLog,
    scrubObserver: {
      onBytes: (bytes) => progress.onBytes(bytes),
      onBlob: (done, total) => progress.onBlob(done, total),
      onFinding: (finding) => (json ? undefined : print(`${findingLine(finding)}\n`)),
    },
  });
  print(json ? `${JSON.stringify({ ...report, dryRun, seconds })}\n` : reportText(report, { dryRun, seconds }));
  return exitCode;
}
