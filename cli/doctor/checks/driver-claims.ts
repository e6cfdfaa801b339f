import type { TrialFolder } from '../../../core/storage/trial-folder.ts';
import { concurrencyCases } from '../../../testing/cases/concurrency.ts';
import { conditionalCases } from '../../../testing/cases/conditional.ts';
import { exclusiveCases } from '../../../testing/cases/exclusive.ts';
import { firstWriterCases } from '../../../testing/cases/first-writer.ts';
import { listCases } from '../../../testing/cases/list.ts';
import { visibilityCases } from '../../../testing/cases/visibility.ts';
import { writerCases } from '../../../testing/cases/writer.ts';
import type { DriverCase } from '../../../testing/driver-case.ts';
import { proveCase } from '../../../testing/prove-case.ts';
import { type DoctorCheck, type DoctorFinding, failure, ok } from '../check.ts';
import { oneLine } from '../one-line.ts';

/** Cases of the test kit that prove a claim or the order of lists, in one process and in seconds. */
const CASES: readonly DriverCase[] = [
  ...visibilityCases.filter(proves),
  ...concurrencyCases.filter(proves),
  ...conditionalCases.filter(proves),
  ...firstWriterCases.filter(proves),
  ...exclusiveCases.filter(proves),
  ...writerCases.filter(proves),
  ...listCases.filter(({ title }) => title.includes('byte order')),
];

function proves({ claim, needs }: DriverCase): boolean {
  return claim !== undefined && needs === undefined;
}

const CASE_MS = 20_000;

/** The driver may be right in general and wrong on this store: on a file system or behind a gateway that differs. */
export const driverClaims: DoctorCheck = {
  name: 'driver-claims',
  proves: 'the storage does what the driver claims: atomic moves, exclusive creation, order of lists, visible writes',
  limitMs: 120_000,
  isAlone: true,
  run: async (examined) => {
    const trial = await examined.trial();
    const failures: DoctorFinding[] = [];
    const proved = new Set<string>();
    for (const [index, driverCase] of CASES.entries()) {
      const problem = await prove(driverCase, trial, `claim-${index}`);
      if (problem === 'not claimed') continue;
      if (problem === undefined) proved.add(driverCase.claim ?? 'order of lists');
      else failures.push(failure(`${driverCase.title}: it does not (${problem})`, REMEDY));
    }
    return failures.length > 0 ? failures : [ok(`true: ${[...proved].join(', ')}`)];
  },
};

const REMEDY = 'do not use this storage as it is; "stowage driver test" says more';

/** @returns what is wrong, in one line */
async function prove(driverCase: DriverCase, trial: TrialFolder, folder: string): Promise<string | undefined> {
  const driver = trial.folder(folder);
  try {
    const create = async () => ({ driver, dispose: async () => undefined });
    const outcome = await proveCase(driverCase, { create, caseLimitMs: CASE_MS });
    return outcome === 'not demanded' ? 'not claimed' : undefined;
  } catch (error) {
    return oneLine(error, ' ');
  }
}
