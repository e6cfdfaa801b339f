import { defineCommand } from '../command.ts';
import type { RebuildReferrersRequest } from '../rebuild-referrers/rebuild-storage.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';

export const rebuildReferrers = defineCommand({
  name: 'rebuild-referrers',
  group: 'registry',
  summary: 'index the referrers that another program has stored; reads every manifest',
  arguments: { 'config.yml': CONFIGURATION },
  options: {},
  parse: ({ args, env }): RebuildReferrersRequest => ({
    kind: 'rebuild-referrers',
    path: configurationPath(args['config.yml'], env),
  }),
  load: () => import('../rebuild-referrers/rebuild-storage.ts'),
});
