import { defineCommand } from '../command.ts';
import type { InspectRequest } from '../images/inspect-image.ts';
import { givenConnection, givenPlatform } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT, ONE_PLATFORM } from './shared-options.ts';

export const inspect = defineCommand({
  name: 'inspect',
  group: 'images',
  summary: 'show an image at a glance: platforms, layers, sizes, labels, referrers',
  arguments: { image: { description: 'an image in any place', completes: 'image' } },
  options: {
    config: { type: 'boolean', description: 'print the configuration of the image instead, exactly as stored' },
    ...ONE_PLATFORM,
    ...JSON_OUTPUT,
    ...CONNECTION,
  },
  examples: [['inspect alpine:3 --platform linux/arm64', 'one of its platforms']],
  parse: ({ args: { image }, values }): InspectRequest => ({
    kind: 'inspect',
    image,
    platform: values.platform?.map(givenPlatform).at(-1),
    config: values.config ?? false,
    json: values.json ?? false,
    connection: givenConnection(values),
  }),
  load: () => import('../images/inspect-image.ts'),
});
