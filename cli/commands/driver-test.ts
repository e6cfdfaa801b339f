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
      description: 'its options as JSON, or a file of JSON or YAML; {temp} becomes a new folder',
      completes: 'file',
    },
    group: { type: 'string', multiple: true, value: 'a,b', description: 'only these groups of cases' },
    case: {
      type: 'string',
      multiple: true,
      value: 'title',
      description: 'only cases with this text in their title, in which * stands for any text; repeatable',
      completes: 'none',
    },
    large: { type: 'boolean', description: 'also run the cases that write gigabytes' },
    bail: { type: 'boolean', description: 'stop at the first failure' },
    json: {
      type: 'boolean',
      description: 'print the report as JSON, and on standard error a line of JSON for each case',
    },
    report: { type: 'string', value: 'file', description: 'write the results as JSON', completes: 'file' },
  },
  examples: [
    [`driver test ./my-driver.js --options '{"folder": "{temp}"}'`, 'all cases, each in a folder of its own'],
    [`driver test ./my-driver.js --case 'stat gives' --bail`, 'some cases, until one fails'],
  ],
  parse: ({ values, args: { driver: spec } }): DriverTestRequest => {
    const { options, group, case: cases, large = false, bail = false, json = false, report } = values;
    const groups = group?.flatMap((names) => names.split(','));
    return { kind: 'driver-test', spec, options, groups, cases, large, bail, json, report };
  },
  load: () => import('../driver/test-driver.ts'),
});
