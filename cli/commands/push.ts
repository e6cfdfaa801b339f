import { defineCommand } from '../command.ts';
import type { PushRequest } from '../transfers/push-image.ts';
import { givenTransfer } from './given-transfer.ts';
import { TRANSFER } from './shared-options.ts';

export const push = defineCommand({
  name: 'push',
  group: 'transfer',
  summary: 'push an image from a folder or an archive to a registry',
  details: [
    'A source without a transport is a path: a folder with an OCI image layout, an OCI archive, or an archive of "docker save". An interrupted push is resumed by the next one.',
  ],
  arguments: {
    source: {
      description: 'oci:<folder>[:<tag>], oci-archive:<file>[:<tag>], docker-archive:<file>[:<name:tag>], or a path',
      completes: 'file',
    },
    target: { description: '<registry>/<name>[:<tag>]', completes: 'image' },
  },
  options: TRANSFER,
  examples: [
    ['push oci:build:v1 registry.example.com/team/app:v1', 'push the result of a build'],
    ['push app.tar localhost:5000/app', 'push an archive of "docker save"'],
  ],
  parse: ({ args: { source, target }, values }): PushRequest => ({
    kind: 'push',
    source,
    target,
    transfer: givenTransfer(values),
  }),
  load: () => import('../transfers/push-image.ts'),
});
