import { defineCommand } from '../command.ts';
import type { DiffRequest } from '../images/diff-images.ts';
import { givenConnection, givenPlatform } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT, ONE_PLATFORM } from './shared-options.ts';

export const diff = defineCommand({
  name: 'diff',
  group: 'images',
  summary: 'show what differs between two images: configuration, layers, sizes, files on request',
  details: [
    'Two indexes are compared platform by platform, unless --platform names one. Of an index and an image, the image for the same platform is compared. Images that differ in their manifests only (types, annotations) are not the same.',
  ],
  arguments: {
    first: { description: 'an image in any place', completes: 'image' },
    second: { description: 'another one', completes: 'image' },
  },
  options: {
    ...ONE_PLATFORM,
    files: {
      type: 'boolean',
      description:
        'also compare all files, which downloads the layers, shared ones once; of two indexes with --platform only',
    },
    'exit-code': { type: 'boolean', description: 'end with 6 if the digests of the images that are compared differ' },
    ...JSON_OUTPUT,
    ...CONNECTION,
  },
  examples: [['diff quay.io/team/app:v1 quay.io/team/app:v2 --files', 'what a release has changed']],
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
