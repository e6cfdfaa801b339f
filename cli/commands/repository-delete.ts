import { defineCommand } from '../command.ts';
import type { ChangeRepositoryRequest } from '../repositories/change-repository.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { FORCE, givenRepository } from './given-repository.ts';

export const repositoryDelete = defineCommand({
  name: 'repository delete',
  group: 'registry',
  summary: 'delete a repository with all it has; the registry may be running',
  details: [
    'While it is deleted, every instance refuses changes of the repository. The same command completes a delete that was interrupted. A garbage collection frees the space. Where storage.delete.keep keeps deletions, "stowage undelete" brings it back.',
  ],
  arguments: {
    name: { description: 'the repository, such as team/app', completes: 'none' },
    'config.yml': CONFIGURATION,
  },
  options: { ...FORCE },
  parse: ({ args, values, env }): ChangeRepositoryRequest => ({
    kind: 'repository-delete',
    wanted: { action: 'delete', name: givenRepository(args.name) },
    force: values.force ?? false,
    path: configurationPath(args['config.yml'], env),
  }),
  load: () => import('../repositories/change-repository.ts'),
});
