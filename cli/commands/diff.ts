import { defineCommand } from '../command.ts';
import type { DiffRequest } from '../images/diff-images.ts';
import { givenConnection, givenPlatform } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT, ONE_PLATFORM } from './shared-options.ts';

export const diff = defineCommand({
  name: 'diff',
  group: 'images',
  summary: 'show what differs between two images: configuration, layers, sizes, files on request',
  details: [
    'Two indexes are compared platform by platform, unless --platform names one. If only one of the two is an index, its image for the platform of the other one is compared. Images whose manifests differ only in types or annotations count as different.',
  ],
  arguments: {
    first: { description: 'an image in any place', completes: 'image' },
    second: { description: 'another image', completes: 'image' },
  },
  options: {
    ...ONE_PLATFORM,
    files: {
      type: 'boolean',
      description:
        'also compare all files; downloads the layers (shared ones once), and needs --platform for two indexes',
    },
    'exit-code': { type: 'boolean', description: 'exit with 6 if the digests of the compared images differ' },
    ...JSON_OUTPUT,
    ...CONNECTION,
  },
  examples: [['diff quay.io/team/app:v1 quay.io/team/app:v2 --files', 'what changed in a release']],
  parse: ({ args: { first, second }, values }): DiffRequest => ({
    kind: 'diff',
    first,
    second,
    platform: values.platform?.map(givenPlatform).at(-1),
    files: values.files ?? false,
    exitCode: values['exit-code'] ?? false,
    json: values.json ?? false,
    connection: givenConnection(values),
  }),
  load: () => import('../images/diff-images.ts'),
});
