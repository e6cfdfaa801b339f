import { defineCommand } from '../command.ts';
import type { QuarantineChangeRequest } from '../quarantine/change-quarantine.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { givenDigest, QUARANTINED } from './given-quarantined.ts';

export const quarantineDrop = defineCommand({
  name: 'quarantine drop',
  group: 'registry',
  summary: 'remove quarantined content that does not match its digest',
  details: [
    'The content is read first; what matches is refused, because it can be released. What a repair is copying stays. Push the content again, or drop it when nobody needs it.',
    ADMIN_DETAILS,
  ],
  arguments: { digest: QUARANTINED, 'config.yml': CONFIGURATION },
  options: ADMIN_TARGET,
  parse: ({ args, values, env }): QuarantineChangeRequest => ({
    kind: 'quarantine-drop',
    digest: givenDigest(args.digest),
    ...givenAdminTarget(args['config.yml'], values, env),
  }),
  load: () => import('../quarantine/change-quarantine.ts'),
});
