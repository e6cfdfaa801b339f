import test from 'ava';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { atLength } from '../../helpers/running/length.ts';
import { everyFault, faultCases } from './every-fault.ts';
import { REPOSITORY_OPERATIONS } from './repository-operations.ts';

/** An operation makes up to 180 calls, so not all of them are tried each time. */
const every = atLength({ full: 1, short: 6 });

for (const { title, ...faultCase } of REPOSITORY_OPERATIONS.flatMap(faultCases))
  test(title, (t) => everyFault(t, new MemoryDriver(), { ...faultCase, every }));
