import { didYouMean } from '../../plugins/loading/suggest.ts';
import { ConfigurationError, type LoadedConfiguration, loadConfiguration } from '../../server/config/index.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { ExitCode, Program } from '../command.ts';
import { stopSignal } from '../jobs/stop-signal.ts';
import { UsageError } from '../usage-error.ts';
import { type DoctorCheck, worstOf } from './check.ts';
import { DOCTOR_CHECKS } from './checks/index.ts';
import { DoctorContext } from './doctor-context.ts';
import { doctorText } from './doctor-text.ts';
import { type CheckResult, runChecks } from './run-checks.ts';

/** `stowage doctor`: finds out what is wrong with an installation, or soon will be. */
export interface DoctorRequest extends ConfiguredCommand {
  readonly kind: 'doctor';
  /** Absent: all checks. */
  readonly only: readonly string[] | undefined;
  readonly skip: readonly string[];
  readonly json: boolean;
}

/**
 * Runs the checks, next to a registry that serves, and prints what they have found.
 * @returns 2 when the configuration is invalid, 1 when another check has failed
 * @throws UsageError for checks that do not exist
 */
export async function run(request: DoctorRequest, program: Program): Promise<ExitCode> {
  const checks = chosenChecks(request);
  const loaded = await load(request, program);
  using stopping = stopSignal();
  await using context = new DoctorContext({ loaded });
  const results = await runChecks(checks, context, { signal: stopping.signal });
  program.print(request.json ? `${JSON.stringify(reportOf(results))}\n` : doctorText(results));
  if (loaded instanceof ConfigurationError) return 2;
  return worstOf(results.map(({ severity }) => severity)) === 'failure' ? 1 : 0;
}

/** The results for programs. */
function reportOf(results: readonly CheckResult[]): object {
  return { severity: worstOf(results.map(({ severity }) => severity)), checks: results };
}

async function load(
  request: DoctorRequest,
  { env, complain }: Program,
): Promise<LoadedConfiguration | ConfigurationError> {
  try {
    return await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
}

function chosenChecks({ only, skip }: DoctorRequest): readonly DoctorCheck[] {
  const names = DOCTOR_CHECKS.map(({ name }) => name);
  for (const name of [...(only ?? []), ...skip]) {
    if (names.includes(name)) continue;
    throw new UsageError(`there is no check ${JSON.stringify(name)}${didYouMean(name, names)} (${names.join(', ')})`);
  }
  return DOCTOR_CHECKS.filter(({ name }) => (only?.includes(name) ?? true) && !skip.includes(name));
}
