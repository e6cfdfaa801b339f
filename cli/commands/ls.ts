import { defineCommand } from '../command.ts';
import type { LsRequest } from '../images/list-repositories.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT } from './shared-options.ts';

export const ls = defineCommand({
  name: 'ls',
  group: 'images',
  summary: 'list the repositories of a registry',
  arguments: {
    registry: {
      description: 'a registry, a prefix of its repository names such as quay.io/team, or store:<config.yml>',
      completes: 'image',
    },
  },
  options: { ...JSON_OUTPUT, ...CONNECTION },
  examples: [['ls localhost:5000', 'all repositories, one per line']],
  parse: ({ args: { registry }, values }): LsRequest => ({
    kind: 'ls',
    registry,
    json: values.json ?? false,
    connection: givenConnection(values),
  }),
  load: () => import('../images/list-repositories.ts'),
});
