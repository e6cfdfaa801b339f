import { defineCommand } from '../command.ts';
import type { RmRequest } from '../images/remove-images.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION, DRY_RUN, JSON_OUTPUT } from './shared-options.ts';

export const rm = defineCommand({
  name: 'rm',
  group: 'images',
  summary: 'remove tags, or manifests with every tag that points to them',
  details: [
    'Removing a tag keeps the other tags of the image. A digest, or --manifest, removes the manifest with all of its tags. The registry frees the space when it collects garbage.',
  ],
  arguments: {
    images: {
      description: '<registry>/<name>:<tag> or <registry>/<name>@<digest>',
      presence: 'many',
      completes: 'image',
    },
  },
  options: {
    manifest: {
      type: 'boolean',
      description: 'remove the manifest that the tag points to, and with it all of its tags',
    },
    'keep-going': { type: 'boolean', description: 'continue with the others when one fails, and exit with 3' },
    ...DRY_RUN,
    ...JSON_OUTPUT,
    ...CONNECTION,
  },
  parse: ({ args: { images }, values }): RmRequest => ({
    kind: 'rm',
    images,
    manifest: values.manifest ?? false,
    keepGoing: values['keep-going'] ?? false,
    dryRun: values['dry-run'] ?? false,
    json: values.json ?? false,
    connection: givenConnection(values),
  }),
  load: () => import('../images/remove-images.ts'),
});
