import { checkStart } from '../../server/composition/start-problems.ts';
import { describeConfiguration, type LoadedConfiguration, loadConfiguration } from '../../server/config/index.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { ExitCode, Program } from '../command.ts';

/** `stowage check-config`: says whether a registry could start with a configuration. */
export interface CheckConfigRequest extends ConfiguredCommand {
  readonly kind: 'check-config';
  /** Whether what the configuration names is opened, too. */
  readonly connect: boolean;
}

/** Reports every problem of a configuration, or else prints what is in effect. */
export async function run(request: CheckConfigRequest, program: Program): Promise<ExitCode> {
  const { env, print, complain, report } = program;
  const loaded = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  for (const warning of loaded.warnings) complain(`warning: ${warning}`);
  for (const key of loaded.notYetInEffect) complain(`warning: ${key}: has no effect in this version`);
  const { problems, isPublicOption } = await checkStart(loaded);
  for (const problem of problems) report(problem);
  const others = request.connect ? await findConnectionProblems(loaded, problems, program) : [];
  for (const problem of others) report(problem);
  if (problems.length > 0) return 2;
  if (others.length > 0) return 1;
  print(describeConfiguration(loaded, isPublicOption));
  return 0;
}

/** The problems that show only when everything is opened. */
async function findConnectionProblems(
  loaded: LoadedConfiguration,
  known: readonly unknown[],
  { complain }: Program,
): Promise<unknown[]> {
  const { connect } = await import('./connect.ts');
  const reported = new Set(known.map(String));
  const found = await connect(loaded, { warn: (message) => complain(`warning: ${message}`) });
  return found.filter((problem) => !reported.has(String(problem)));
}
