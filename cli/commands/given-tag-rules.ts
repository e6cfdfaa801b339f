import type { TagRules } from '../../client/copy/selection.ts';
import type { CommandOptions } from '../command.ts';
import { givenNumber } from './given-transfer.ts';

const MAX_NEWEST = 1_000_000;

/** Options that choose tags. */
export const TAG_RULES = {
  include: {
    type: 'string',
    multiple: true,
    value: 'pattern',
    description: "only tags that match, such as 'v1.*' or '{a,b}-*'; repeatable",
    completes: 'none',
  },
  exclude: {
    type: 'string',
    multiple: true,
    value: 'pattern',
    description: 'skip tags that match; repeatable',
    completes: 'none',
  },
  semver: {
    type: 'string',
    value: 'range',
    description: "only versions in this range, such as '>=1.2 <3'",
    completes: 'none',
  },
  newest: {
    type: 'string',
    value: 'n',
    description: 'at most this many: the highest versions with --semver, otherwise the most recent images',
    completes: 'none',
  },
} as const satisfies CommandOptions;

/**
 * Which tags are meant, as the options say.
 * @throws UsageError
 */
export function givenTagRules(values: {
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly semver?: string | undefined;
  readonly newest?: string | undefined;
}): TagRules {
  const { include, exclude, semver } = values;
  return { include, exclude, semver, newest: givenNumber('newest', values.newest, { min: 1, max: MAX_NEWEST }) };
}
