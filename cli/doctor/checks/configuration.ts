import { checkStart, withOtherProblems } from '../../../server/composition/start-problems.ts';
import { ConfigurationError, formatProblem } from '../../../server/config/index.ts';
import { type DoctorCheck, type DoctorFinding, failure, note, ok } from '../check.ts';
import { oneLine } from '../one-line.ts';

/** What `stowage check-config` says. */
export const configuration: DoctorCheck = {
  name: 'configuration',
  proves: 'the configuration is valid, and so are the options of drivers and plugins and the files that it names',
  run: async ({ loaded }) => {
    if (loaded instanceof ConfigurationError) return problemsIn(await withOtherProblems(loaded));
    const { problems } = await checkStart(loaded);
    const remarks = [
      ...loaded.warnings.map((text): DoctorFinding => ({ severity: 'warning', finding: text })),
      ...loaded.notYetInEffect.map((key) => note(`${key}: has no effect in this version`)),
    ];
    if (problems.length > 0) return [...problems.flatMap(problemsIn), ...remarks];
    return remarks.length > 0 ? remarks : [ok(`${loaded.file} is valid`)];
  },
};

function problemsIn(error: unknown): readonly DoctorFinding[] {
  if (error instanceof AggregateError) return error.errors.flatMap(problemsIn);
  if (error instanceof ConfigurationError) return error.problems.map((problem) => failure(formatProblem(problem)));
  return [failure(oneLine(error))];
}
