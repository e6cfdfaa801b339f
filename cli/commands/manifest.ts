import { defineCommand } from '../command.ts';
import type { ManifestRequest } from '../images/manifest-bytes.ts';
import { UsageError } from '../usage-error.ts';
import { givenConnection, givenPlatform } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT, ONE_PLATFORM } from './shared-options.ts';

export const manifest = defineCommand({
  name: 'manifest',
  group: 'images',
  summary: 'print the manifest of an image as stored, or store one',
  arguments: { image: { description: 'an image in any place', completes: 'image' } },
  options: {
    ...ONE_PLATFORM,
    put: {
      type: 'string',
      value: 'file',
      description: 'store this manifest instead ("-" for standard input), and print its digest',
      completes: 'file',
    },
    json: {
      ...JSON_OUTPUT.json,
      description: 'print the digest of --put as JSON; a manifest itself is always printed unchanged',
    },
    ...CONNECTION,
  },
  examples: [['manifest alpine:3', 'exactly the bytes that the digest covers']],
  parse: ({ args: { image }, values }): ManifestRequest => {
    const platform = values.platform?.map(givenPlatform).at(-1);
    if (platform !== undefined && values.put !== undefined) throw new UsageError('--put takes no --platform');
    return {
      kind: 'manifest',
      image,
      platform,
      put: values.put,
      json: values.json ?? false,
      connection: givenConnection(values),
    };
  },
  load: () => import('../images/manifest-bytes.ts'),
});
