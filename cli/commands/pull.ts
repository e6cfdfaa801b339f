import { defineCommand } from '../command.ts';
import type { PullRequest } from '../transfers/pull-image.ts';
import { givenTransfer } from './given-transfer.ts';
import { TRANSFER } from './shared-options.ts';

export const pull = defineCommand({
  name: 'pull',
  group: 'transfer',
  summary: 'pull an image from a registry into a folder or an archive',
  details: [
    'Without a target, the image is written to an OCI image layout named after the repository. A target without a transport is the path of a layout. An interrupted pull is resumed by the next one.',
    'An archive is written as a whole: it replaces an existing image archive with all of its tags, but never a file of another kind.',
  ],
  arguments: {
    source: { description: '[<registry>/]<name>[:<tag>|@<digest>]', completes: 'image' },
    target: {
      description: 'oci:<folder>[:<tag>], oci-archive:<file>[:<tag>], docker-archive:<file>[:<name:tag>], or a folder',
      presence: 'optional',
      completes: 'file',
    },
  },
  options: TRANSFER,
  examples: [
    ['pull alpine:3', 'into ./alpine'],
    ['pull quay.io/team/app:v1 docker-archive:app.tar --platform linux/amd64', 'for "docker load"'],
  ],
  parse: ({ args: { source, target }, values }): PullRequest => ({
    kind: 'pull',
    source,
    target,
    transfer: givenTransfer(values),
  }),
  load: () => import('../transfers/pull-image.ts'),
});
