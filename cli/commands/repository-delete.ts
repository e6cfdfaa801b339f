import { defineCommand } from '../command.ts';
import type { ChangeRepositoryRequest } from '../repositories/change-repository.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { FORCE, givenRepository } from './given-repository.ts';

export const repositoryDelete = defineCommand({
  name: 'repository delete',
  group: 'registry',
  summary: 'delete a repository with all it has; the registry may be running',
  details: [
    ADMIN_DETAILS,
    'While it is deleted, every instance refuses changes of the repository. The same command completes a delete that was interrupted. A garbage collection frees the space. Where storage.delete.keep keeps deletions, "stowage undelete" brings it back.',
  ],
  arguments: {
    name: { description: 'the repository, such as team/app', completes: 'none' },
    'config.yml': CONFIGURATION,
  },
  options: { ...FORCE, ...ADMIN_TARGET },
  parse: ({ args, values, env }): ChangeRepositoryRequest => ({
    kind: 'repository-delete',
    wanted: { action: 'delete', name: givenRepository(args.name) },
    force: values.force ?? false,
    ...givenAdminTarget(args['config.yml'], values, env),
  }),
  examples: [
    ['repository delete team/app --registry registry.example.com', 'in a registry that runs; waits until it is done'],
  ],
  load: () => import('../repositories/change-repository.ts'),
});
