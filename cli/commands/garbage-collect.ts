import { defineCommand } from '../command.ts';
import type { GarbageCollectRequest } from '../jobs/collect-garbage.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { CALL_RATE, givenCallRate } from './given-run.ts';
import { DRY_RUN, QUIET } from './shared-options.ts';

export const garbageCollect = defineCommand({
  name: 'garbage-collect',
  group: 'registry',
  summary: 'remove everything that no manifest needs now, as the command of distribution does',
  details: [
    'It takes the options of distribution and about 20 seconds more. Stowage may be running, and serves and takes pushes meanwhile: nothing that a manifest names is lost. A push whose manifest has not arrived after 20 seconds may have to upload layers again; "stowage gc" waits an hour instead. Beside a running registry of distribution, nothing may be pushed.',
  ],
  arguments: { 'config.yml': CONFIGURATION },
  options: {
    ...DRY_RUN,
    'delete-untagged': {
      type: 'boolean',
      short: 'm',
      description: 'also remove manifests without a tag, except images of an index and referrers that stay',
    },
    ...QUIET,
    ...CALL_RATE,
  },
  parse: ({ args, values, env }): GarbageCollectRequest => ({
    kind: 'garbage-collect',
    dryRun: values['dry-run'] ?? false,
    deletesUntagged: values['delete-untagged'] ?? false,
    isQuiet: values.quiet ?? false,
    ...givenCallRate(values),
    path: configurationPath(args['config.yml'], env),
  }),
  load: () => import('../jobs/collect-garbage.ts'),
});
