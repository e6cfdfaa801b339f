import { defineCommand } from '../command.ts';
import type { RebuildReferrersRequest } from '../rebuild-referrers/rebuild-storage.ts';
import { configurationPath } from './configuration-path.ts';

export const rebuildReferrers = defineCommand({
  name: 'rebuild-referrers',
  usage: `  rebuild-referrers [config.yml]
                             list referrers that another program stored; reads every manifest`,
  options: {},
  maxArguments: 1,
  parse: (given): RebuildReferrersRequest => ({ kind: 'rebuild-referrers', path: configurationPath(given) }),
  load: () => import('../rebuild-referrers/rebuild-storage.ts'),
});
