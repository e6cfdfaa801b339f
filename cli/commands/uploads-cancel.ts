import { defineCommand } from '../command.ts';
import type { UploadsCancelRequest } from '../uploads/cancel-upload.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget, givenRepository } from './given-admin-target.ts';

export const uploadsCancel = defineCommand({
  name: 'uploads cancel',
  group: 'registry',
  summary: 'cancel an upload in progress; its client has to begin again',
  details: [ADMIN_DETAILS],
  arguments: {
    repository: { description: 'the repository of the upload', completes: 'none' },
    id: { description: 'its id, as "stowage uploads" lists it', completes: 'none' },
    'config.yml': CONFIGURATION,
  },
  options: ADMIN_TARGET,
  parse: ({ args, values, env }): UploadsCancelRequest => ({
    kind: 'uploads-cancel',
    repository: givenRepository(args.repository),
    id: args.id,
    ...givenAdminTarget(args['config.yml'], values, env),
  }),
  load: () => import('../uploads/cancel-upload.ts'),
});
