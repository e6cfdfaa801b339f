import { defineCommand } from '../command.ts';
import type { VerifyDiffRequest } from '../verify/compare-files.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const verifyDiff = defineCommand({
  name: 'verify diff',
  group: 'verification',
  summary: 'compare two reports: newly failing, newly passing and other changes',
  details: ['It exits with 7 if a check counts against the registry that did not do so before.'],
  arguments: {
    before: { description: 'a file that "verify --report" wrote', completes: 'file' },
    after: { description: 'a newer one', completes: 'file' },
  },
  options: { ...JSON_OUTPUT },
  examples: [['verify diff before.json after.json', 'what changed in an upgrade']],
  parse: ({ args: { before, after }, values }): VerifyDiffRequest => ({
    kind: 'verify-diff',
    ...{ before, after },
    json: values.json ?? false,
  }),
  load: () => import('../verify/compare-files.ts'),
});
