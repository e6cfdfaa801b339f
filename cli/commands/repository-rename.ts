import { defineCommand } from '../command.ts';
import type { ChangeRepositoryRequest } from '../repositories/change-repository.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION } from './configuration-path.ts';
import { ADMIN_DETAILS, ADMIN_TARGET, givenAdminTarget } from './given-admin-target.ts';
import { FORCE, givenRepository } from './given-repository.ts';

export const repositoryRename = defineCommand({
  name: 'repository rename',
  group: 'registry',
  summary: 'give a repository another name, without moving content; the registry may be running',
  details: [
    ADMIN_DETAILS,
    'Manifests, tags and referrers move; no content is copied. Meanwhile every instance refuses changes of both names. It needs storage.delete.enabled, because it removes the old name. The same command completes a rename that was interrupted.',
  ],
  arguments: {
    old: { description: 'the repository, such as team/app', completes: 'none' },
    new: { description: 'its new name, which no repository has', completes: 'none' },
    'config.yml': CONFIGURATION,
  },
  options: { ...FORCE, ...ADMIN_TARGET },
  parse: ({ args, values, env }): ChangeRepositoryRequest => {
    const [name, target] = [givenRepository(args.old), givenRepository(args.new)];
    if (name === target) throw new UsageError('the old and the new name are the same');
    return {
      ...givenAdminTarget(args['config.yml'], values, env),
      kind: 'repository-rename',
      wanted: { action: 'rename', name, target },
      force: values.force ?? false,
    };
  },
  load: () => import('../repositories/change-repository.ts'),
});
