import { defineCommand } from '../command.ts';
import type { TagRequest } from '../images/tag-image.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION, DRY_RUN, JSON_OUTPUT } from './shared-options.ts';

export const tag = defineCommand({
  name: 'tag',
  group: 'images',
  summary: 'add tags to an image without copying it',
  arguments: {
    image: { description: 'an image in a registry, a store or a folder (oci:)', completes: 'image' },
    tags: { description: 'the new tags in its repository', presence: 'many', completes: 'none' },
  },
  options: { ...DRY_RUN, ...JSON_OUTPUT, ...CONNECTION },
  examples: [['tag quay.io/team/app:v1.2.3 v1.2 v1 latest', 'the tags of a release']],
  parse: ({ args: { image, tags }, values }): TagRequest => ({
    kind: 'tag',
    image,
    tags,
    dryRun: values['dry-run'] ?? false,
    json: values.json ?? false,
    connection: givenConnection(values),
  }),
  load: () => import('../images/tag-image.ts'),
});
