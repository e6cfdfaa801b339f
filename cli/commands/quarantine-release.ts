import { defineCommand } from '../command.ts';
import type { QuarantineChangeRequest } from '../quarantine/change-quarantine.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { givenDigest, QUARANTINED } from './given-quarantined.ts';

export const quarantineRelease = defineCommand({
  name: 'quarantine release',
  group: 'registry',
  summary: 'put quarantined content back that matches its digest after all',
  details: [
    'The content is read first; what does not match is refused. A disk or a cable that gave wrong bytes for a while is the reason for such content.',
    ADMIN_DETAILS,
  ],
  arguments: { digest: QUARANTINED, 'config.yml': CONFIGURATION },
  options: ADMIN_TARGET,
  parse: ({ args, values, env }): QuarantineChangeRequest => ({
    kind: 'quarantine-release',
    digest: givenDigest(args.digest),
    ...givenAdminTarget(args['config.yml'], values, env),
  }),
  load: () => import('../quarantine/change-quarantine.ts'),
});
