import { defineCommand } from '../command.ts';
import type { WithdrawChangeRequest } from '../repositories/withdraw-change.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { givenRepository } from './given-repository.ts';

export const repositoryWithdraw = defineCommand({
  name: 'repository withdraw',
  group: 'registry',
  summary: 'end a delete or rename of a repository that cannot go on; the registry may be running',
  details: [
    'The repository takes changes again: after five seconds if the work has not begun, otherwise when the process that works on it has stopped, or within half an hour if that process is gone. A delete stops where it is: what is gone stays gone, or comes back with "stowage undelete" where storage.delete.keep keeps deletions. A rename can be withdrawn until it has begun.',
  ],
  arguments: {
    name: { description: 'the repository, such as team/app', completes: 'none' },
    'config.yml': CONFIGURATION,
  },
  options: {},
  parse: ({ args, env }): WithdrawChangeRequest => ({
    kind: 'repository-withdraw',
    name: givenRepository(args.name),
    path: configurationPath(args['config.yml'], env),
  }),
  load: () => import('../repositories/withdraw-change.ts'),
});
