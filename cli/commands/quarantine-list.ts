import { defineCommand } from '../command.ts';
import type { QuarantineListRequest } from '../quarantine/list-quarantine.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const quarantineList = defineCommand({
  name: 'quarantine list',
  group: 'registry',
  summary: 'list damaged content that a scrub has moved aside',
  details: [
    'REPLACED says whether other content is stored under the digest by now; a push repairs it. "stowage scrub" finds what is damaged.',
    ADMIN_DETAILS,
  ],
  arguments: { 'config.yml': CONFIGURATION },
  options: { ...ADMIN_TARGET, ...JSON_OUTPUT },
  examples: [['quarantine list --registry registry.example.com', 'that of a registry that runs']],
  parse: ({ args, values, env }): QuarantineListRequest => ({
    kind: 'quarantine-list',
    ...givenAdminTarget(args['config.yml'], values, env),
    json: values.json ?? false,
  }),
  load: () => import('../quarantine/list-quarantine.ts'),
});
