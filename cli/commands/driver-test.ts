import { defineCommand } from '../command.ts';
import type { DriverTestRequest } from '../driver/test-driver.ts';

export const driverTest = defineCommand({
  name: 'driver test',
  group: 'drivers',
  summary: 'prove a storage driver with the test kit',
  arguments: {
    driver: {
      description: 'what stands under storage: in YAML: its name, its package or its path',
      missing: 'no driver; give its name, its package or its path',
      completes: 'file',
    },
  },
  options: {
    options: {
      type: 'string',
      value: 'options',
      description: 'its options as JSON, or a file of JSON or YAML; {temp} in them becomes a new folder',
      completes: 'file',
    },
    group: { type: 'string', multiple: true, value: 'a,b', description: 'only these groups of cases' },
    large: { type: 'boolean', description: 'also those that write gigabytes' },
    report: { type: 'string', value: 'file', description: 'write the results as JSON', completes: 'file' },
  },
  parse: ({ values: { options, group, large = false, report }, args: { driver: spec } }): DriverTestRequest => {
    const groups = group?.flatMap((names) => names.split(','));
    return { kind: 'driver-test', spec, options, groups, large, report };
  },
  load: () => import('../driver/test-driver.ts'),
});
