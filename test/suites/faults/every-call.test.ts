import { eachDriver } from '../../helpers/drivers/each-driver.ts';
import { FAST_DISK } from '../../helpers/drivers/temp-root.ts';
import { everyFault, faultCases } from './every-fault.ts';
import { OPERATIONS } from './operations.ts';

for (const { title, ...faultCase } of OPERATIONS.flatMap(faultCases))
  eachDriver(title, (t, driver) => everyFault(t, driver, faultCase), FAST_DISK);
