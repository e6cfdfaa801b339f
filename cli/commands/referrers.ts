import { defineCommand } from '../command.ts';
import type { ReferrersRequest } from '../images/list-referrers.ts';
import { givenConnection } from './given-transfer.ts';
import { CONNECTION, JSON_OUTPUT } from './shared-options.ts';

export const referrers = defineCommand({
  name: 'referrers',
  group: 'images',
  summary: 'list what refers to an image: signatures, SBOMs, attestations',
  arguments: { image: { description: 'an image in any place', completes: 'image' } },
  options: {
    type: { type: 'string', value: 'type', description: 'only this artifact type', completes: 'none' },
    ...JSON_OUTPUT,
    ...CONNECTION,
  },
  parse: ({ args: { image }, values }): ReferrersRequest => ({
    kind: 'referrers',
    image,
    artifactType: values.type,
    json: values.json ?? false,
    connection: givenConnection(values),
  }),
  load: () => import('../images/list-referrers.ts'),
});
