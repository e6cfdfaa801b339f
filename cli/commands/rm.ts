import { defineCommand } from '../command.ts';
import type { RmRequest } from '../images/remove-images.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION, DRY_RUN, JSON_OUTPUT } from './shared-options.ts';

export const rm = defineCommand({
  name: 'rm',
  group: 'images',
  summary: 'remove tags, or manifests with every tag that points at them',
  details: [
    'A tag is removed alone: other tags of the same image stay. A digest, or --manifest, removes the manifest and all of its tags. Space is freed by the garbage collection of the registry.',
  ],
  arguments: {
    images: {
      description: '<registry>/<name>:<tag> or <registry>/<name>@<digest>',
      presence: 'many',
      completes: 'image',
    },
  },
  options: {
    manifest: { type: 'boolean', description: 'remove the manifest that a tag points at, and thereby all of its tags' },
    'keep-going': { type: 'boolean', description: 'remove the others when one fails, and end with 3' },
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
