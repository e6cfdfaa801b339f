import { defineCommand } from '../command.ts';
import type { DriverTestRequest } from '../driver/test-driver.ts';
import { UsageError } from '../usage-error.ts';

export const driverTest = defineCommand({
  name: 'driver test',
  usage: `  driver test <driver>       prove a storage driver with the test kit; <driver> is what stands under storage: in YAML
      --options <options>    its options as JSON, or a file of JSON or YAML; {temp} in them becomes a new folder
      --group <a,b>          only these groups of cases
      --large                also those that write gigabytes
      --report <file>        write the results as JSON`,
  options: {
    options: { type: 'string' },
    group: { type: 'string', multiple: true },
    large: { type: 'boolean' },
    report: { type: 'string' },
  },
  maxArguments: 1,
  parse: ({ values: { options, group, large = false, report }, positionals: [spec] }): DriverTestRequest => {
    if (spec === undefined) throw new UsageError('no driver; give its name, its package or its path');
    const groups = group?.flatMap((names) => names.split(','));
    return { kind: 'driver-test', spec, options, groups, large, report };
  },
  load: () => import('../driver/test-driver.ts'),
});
