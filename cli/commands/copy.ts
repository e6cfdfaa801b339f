import { defineCommand } from '../command.ts';
import type { CopyRequest } from '../transfers/copy-image.ts';
import { givenTransfer } from './given-transfer.ts';
import { TRANSFER } from './shared-options.ts';

export const copy = defineCommand({
  name: 'copy',
  group: 'transfer',
  summary: 'copy an image between any two places, with its digest unchanged',
  details: [
    'An archive is written as a whole: it replaces an archive of images of the same name, with all tags, and no other file.',
  ],
  arguments: {
    source: {
      description: 'a registry, oci:, oci-archive:, docker-archive:, or store:<config.yml>//<name>[:<tag>]',
      completes: 'image',
    },
    target: { description: 'the same; without a tag, that of the source', completes: 'image' },
  },
  options: TRANSFER,
  examples: [
    ['copy quay.io/team/app:v1 localhost:5000/app:v1 --referrers', 'with its signatures'],
    ['copy quay.io/team/app:v1 store:config.yml//app:v1', 'into the storage of a Stowage that need not run'],
  ],
  parse: ({ args: { source, target }, values }): CopyRequest => ({
    kind: 'copy',
    source,
    target,
    transfer: givenTransfer(values),
  }),
  load: () => import('../transfers/copy-image.ts'),
});
