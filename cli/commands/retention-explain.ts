import { isRepositoryName, isTag } from '../../core/model/reference.ts';
import { defineCommand } from '../command.ts';
import type { RetentionExplainRequest } from '../retention/explain-tags.ts';
import { UsageError } from '../usage-error.ts';
import { CONFIGURATION, configurationPath } from './configuration-path.ts';
import { JSON_OUTPUT } from './shared-options.ts';

export const retentionExplain = defineCommand({
  name: 'retention explain',
  group: 'registry',
  summary: 'say whether the rules of retention keep a stored tag, or each tag of a repository, and by which rule',
  details: ['It changes nothing. It exits with 4 if the repository does not have the tag.'],
  arguments: {
    'repository[:tag]': { description: 'a repository, or one of its tags', completes: 'none' },
    'config.yml': CONFIGURATION,
  },
  options: JSON_OUTPUT,
  examples: [
    ['retention explain team/app:v1.0.3 config.yml', 'whether the tag will be removed, and why'],
    ['retention explain team/app config.yml', 'the same for every tag of the repository'],
  ],
  parse: ({ args, values: { json = false }, env }): RetentionExplainRequest => {
    const [repository = '', tag, ...others] = args['repository[:tag]'].split(':');
    const isValid = isRepositoryName(repository) && (tag === undefined || isTag(tag)) && others.length === 0;
    if (!isValid) {
      throw new UsageError(
        `expected a repository or a tag of it, such as team/app:v1, found ${JSON.stringify(args['repository[:tag]'])}`,
      );
    }
    return { kind: 'retention-explain', path: configurationPath(args['config.yml'], env), repository, tag, json };
  },
  load: () => import('../retention/explain-tags.ts'),
});
