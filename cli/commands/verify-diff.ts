import { defineCommand } from '../command.ts';
import type { VerifyDiffRequest } from '../verify/compare-files.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const verifyDiff = defineCommand({
  name: 'verify diff',
  group: 'verification',
  summary: 'show what has changed between two reports: newly failing, newly passing, others',
  details: ['It ends with 7 when a check counts against the registry that did not before.'],
  arguments: {
    before: { description: 'a file that "verify --report" wrote', completes: 'file' },
    after: { description: 'a newer one', completes: 'file' },
  },
  options: { ...JSON_OUTPUT },
  examples: [['verify diff before.json after.json', 'what an upgrade has changed']],
  parse: ({ args: { before, after }, values }): VerifyDiffRequest => ({
    kind: 'verify-diff',
    ...{ before, after },
    json: values.json ?? false,
  }),
  load: () => import('../verify/compare-files.ts'),
});
