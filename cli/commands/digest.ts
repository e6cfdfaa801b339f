import { defineCommand } from '../command.ts';
import type { DigestRequest } from '../images/image-digest.ts';
import { givenConnection, givenPlatform } from './given-transfer.ts';
import { CONNECTION, ONE_PLATFORM } from './shared-options.ts';

export const digest = defineCommand({
  name: 'digest',
  group: 'images',
  summary: 'print the digest of an image',
  arguments: { image: { description: 'an image in any place', completes: 'image' } },
  options: { ...ONE_PLATFORM, ...CONNECTION },
  parse: ({ args: { image }, values }): DigestRequest => ({
    kind: 'digest',
    image,
    platform: values.platform?.map(givenPlatform).at(-1),
    connection: givenConnection(values),
  }),
  load: () => import('../images/image-digest.ts'),
});
