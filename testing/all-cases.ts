import { appendCases } from './cases/append.ts';
import { backpressureCases } from './cases/backpressure.ts';
import { concurrencyCases } from './cases/concurrency.ts';
import { conditionalCases } from './cases/conditional.ts';
import { deleteCases } from './cases/delete.ts';
import { durabilityCases } from './cases/durability.ts';
import { exclusiveCases } from './cases/exclusive.ts';
import { faultCases } from './cases/faults.ts';
import { firstWriterCases } from './cases/first-writer.ts';
import { largeCases } from './cases/large.ts';
import { largeFolderCases } from './cases/large-folders.ts';
import { listCases } from './cases/list.ts';
import { longPathCases } from './cases/long-paths.ts';
import { manyWritesCases } from './cases/many-writes.ts';
import { moveCases } from './cases/move.ts';
import { pathCases } from './cases/paths.ts';
import { readWriteCases } from './cases/read-write.ts';
import { redirectCases } from './cases/redirect.ts';
import { registryCases } from './cases/registry.ts';
import { signalCases } from './cases/signals.ts';
import { statCases } from './cases/stat.ts';
import { streamCases } from './cases/streams.ts';
import { troubleCases } from './cases/trouble.ts';
import { visibilityCases } from './cases/visibility.ts';
import { writerCases } from './cases/writer.ts';
import { type DriverCase, GROUPS, type Group } from './driver-case.ts';

const CASES: readonly DriverCase[] = [
  ...visibilityCases,
  ...pathCases,
  ...longPathCases,
  ...readWriteCases,
  ...streamCases,
  ...appendCases,
  ...writerCases,
  ...manyWritesCases,
  ...backpressureCases,
  ...listCases,
  ...moveCases,
  ...deleteCases,
  ...statCases,
  ...redirectCases,
  ...signalCases,
  ...concurrencyCases,
  ...conditionalCases,
  ...firstWriterCases,
  ...exclusiveCases,
  ...largeFolderCases,
  ...troubleCases,
  ...durabilityCases,
  ...faultCases,
  ...registryCases,
  ...largeCases,
];

/** The cases of these groups, group by group. Default: all groups but `large`. */
export function casesOf(groups: readonly Group[] = GROUPS.filter((group) => group !== 'large')): readonly DriverCase[] {
  return GROUPS.filter((group) => groups.includes(group)).flatMap((group) =>
    CASES.filter((driverCase) => driverCase.group === group),
  );
}
