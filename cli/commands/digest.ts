import { defineCommand } from '../command.ts';
import type { DigestRequest } from '../images/image-digest.ts';
import { givenConnection, givenPlatform } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT, ONE_PLATFORM } from './shared-options.ts';

export const digest = defineCommand({
  name: 'digest',
  group: 'images',
  summary: 'print the digest of an image',
  arguments: { image: { description: 'an image in any place', completes: 'image' } },
  options: { ...ONE_PLATFORM, ...JSON_OUTPUT, ...CONNECTION },
  parse: ({ args: { image }, values }): DigestRequest => ({
    kind: 'digest',
    image,
    platform: values.platform?.map(givenPlatform).at(-1),
    json: values.json ?? false,
    connection: givenConnection(values),
  }),
  load: () => import('../images/image-digest.ts'),
});
