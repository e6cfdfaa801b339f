import { defineCommand } from '../command.ts';
import type { TagsRequest } from '../images/list-tags.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT } from './shared-options.ts';

export const tags = defineCommand({
  name: 'tags',
  group: 'images',
  summary: 'list the tags of a repository',
  arguments: {
    repository: { description: 'a repository without a tag, or oci:<folder>', completes: 'image' },
  },
  options: { ...JSON_OUTPUT, ...CONNECTION },
  examples: [['tags quay.io/team/app', 'all tags, one per line']],
  parse: ({ args: { repository }, values }): TagsRequest => ({
    kind: 'tags',
    repository,
    json: values.json ?? false,
    connection: givenConnection(values),
  }),
  load: () => import('../images/list-tags.ts'),
});
