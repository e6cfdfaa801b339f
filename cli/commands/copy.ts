import { defineCommand } from '../command.ts';
import type { CopyRequest } from '../transfers/copy-image.ts';
import { givenTransfer } from './given-transfer.ts';
import { TRANSFER } from './shared-options.ts';

export const copy = defineCommand({
  name: 'copy',
  group: 'transfer',
  summary: 'copy an image between any two places without changing its digest',
  details: [
    'An archive is written as a whole: it replaces an existing image archive with all of its tags, but never a file of another kind.',
  ],
  arguments: {
    source: {
      description: 'a registry, oci:, oci-archive:, docker-archive:, or store:<config.yml>//<name>[:<tag>]',
      completes: 'image',
    },
    target: { description: 'as the source; without a tag, the tag of the source', completes: 'image' },
  },
  options: TRANSFER,
  examples: [
    ['copy quay.io/team/app:v1 localhost:5000/app:v1 --referrers', 'with its signatures'],
    ['copy quay.io/team/app:v1 store:config.yml//app:v1', 'into the storage of a registry, which need not be running'],
  ],
  parse: ({ args: { source, target }, values }): CopyRequest => ({
    kind: 'copy',
    source,
    target,
    transfer: givenTransfer(values),
  }),
  load: () => import('../transfers/copy-image.ts'),
});
