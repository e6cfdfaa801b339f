import { isDigest } from '../../core/digest/digest.ts';
import { defineCommand } from '../command.ts';
import type { GcExplainRequest } from '../jobs/explain-content.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';

export const gcExplain = defineCommand({
  name: 'gc explain',
  group: 'registry',
  summary: 'say why a garbage collection keeps a blob or manifest, or removes it; reads every manifest',
  arguments: {
    digest: { description: 'its digest, such as sha256:…', completes: 'none' },
    'config.yml': CONFIGURATION,
  },
  options: {},
  parse: ({ args, env }): GcExplainRequest => {
    const { digest } = args;
    if (!isDigest(digest))
      throw new UsageError(`${JSON.stringify(digest)} is no digest; expected sha256:<64 hex digits>`);
    return { kind: 'gc-explain', digest, path: configurationPath(args['config.yml'], env) };
  },
  load: () => import('../jobs/explain-content.ts'),
});
