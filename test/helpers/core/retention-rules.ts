import type { RetentionRule } from '../../../core/retention/retention-rule.ts';
import { repositoryPattern, tagPattern } from '../../../plugins/patterns/name-pattern.ts';

/** What a test says of a rule; the rest is that of a rule for everything that keeps nothing. */
export interface GivenRule {
  readonly name?: string;
  readonly repositories?: readonly string[];
  readonly tags?: readonly string[];
  readonly except?: readonly string[];
  readonly keep?: Partial<RetentionRule['keep']>;
}

/** A rule of retention. */
export function retentionRule({
  name = 'all',
  repositories = ['**'],
  tags = ['*'],
  except = [],
  keep = {},
}: GivenRule): RetentionRule {
  return {
    name,
    repositories: repositories.map(repositoryPattern),
    tags: tags.map(tagPattern),
    except: except.map(tagPattern),
    keep: { always: false, ...keep },
  };
}
