import type { z } from 'zod';
import type { RetentionRule } from '../../../core/retention/retention-rule.ts';
import type { UntaggedRule } from '../../../core/retention/untagged-rule.ts';
import { type NamePattern, repositoryPattern, tagPattern } from '../../../plugins/patterns/name-pattern.ts';
import { duration, flag, integer, name } from '../engine/scalars.ts';
import { BadValue, group, listOf, required, type Schema, scalar, section, setting } from '../engine/schema.ts';

/** Which tags stay, and when the others are removed. */
export interface RetentionConfiguration {
  /** Absent: tags are removed when an operator asks for it. */
  readonly intervalMs?: number;
  readonly dryRun: boolean;
  /** Whether pulls are recorded. */
  readonly recordsPulls: boolean;
  /** In their order; a tag is judged by the first that matches. None: every tag stays. */
  readonly rules: readonly RetentionRule[];
  /** In their order. A repository that none matches keeps its untagged manifests, unless `gc` removes them everywhere. */
  readonly untagged: readonly UntaggedRule[];
}

/** Each run looks at every tag that a rule matches. */
const MIN_INTERVAL_MS = 60_000;

const keep = section({
  newest: setting(integer(1), { description: 'keeps this many tags, those that were pushed last' }),
  newestversions: setting(integer(1), {
    description: 'keeps the tags of this many versions, the highest; tags that are no versions stay if it is alone',
  }),
  pushedwithin: setting(duration, { description: 'keeps tags that were pushed in this time' }),
  pulledwithin: setting(duration, {
    description:
      'keeps tags whose manifest was pulled in this time, and tags that were pushed in it; pulls are then recorded',
  }),
  always: setting(flag, { default: 'false', description: 'keeps all tags of the rule' }),
});

const rule = section({
  name: setting(name, { description: 'what reports call the rule; by default its number' }),
  repositories: required(listOf(patternOf(repositoryPattern, 'team/*')), {
    description: 'patterns of repositories; `*` stands for anything except `/`, `**` for anything',
  }),
  tags: setting(listOf(patternOf(tagPattern, 'v*')), { default: '["*"]', description: 'patterns of tags' }),
  except: setting(listOf(patternOf(tagPattern, 'v*')), {
    default: '[]',
    description: 'tags that the rule leaves to later rules although they match `tags`',
  }),
  keep: setting(keep, { description: 'what keeps a tag; any of it is enough' }),
  deleteall: setting(flag, {
    default: 'false',
    description: 'allows a rule that keeps nothing, or nothing in a repository to which nobody pushes any more',
  }),
});

const untagged = section({
  repositories: required(listOf(patternOf(repositoryPattern, 'team/*')), { description: 'patterns of repositories' }),
  after: required(duration, {
    description: 'how long a manifest stays after it has lost its last tag; the job `gc` then removes it',
  }),
});

export const retention = group(
  {
    enabled: setting(flag, { default: 'false', description: 'removes tags by the rules at the interval' }),
    interval: setting(duration, {
      default: '24h',
      description: 'time between two runs; less than `1m` counts as `1m`',
    }),
    dryrun: setting(flag, { default: 'false', description: 'only reports what would be removed' }),
    recordpulls: setting(flag, {
      default: 'false',
      description: 'records when manifests are pulled; done in any case if a rule has `pulledwithin`',
    }),
    rules: setting(listOf(rule), {
      default: '[]',
      description: 'which tags stay; a tag is judged by the first rule that matches it, and stays if none does',
    }),
    untagged: setting(listOf(untagged), {
      default: '[]',
      description:
        'how long manifests without a tag stay, by the first item for a repository; else `storage.maintenance.gc.deleteuntagged` decides',
    }),
  },
  { guarded: true },
);

export function toRetention({
  enabled,
  interval,
  dryrun,
  recordpulls,
  rules,
  untagged: untaggedRules,
}: z.output<typeof retention>): RetentionConfiguration {
  return {
    ...(enabled && { intervalMs: Math.max(MIN_INTERVAL_MS, interval) }),
    dryRun: dryrun,
    untagged: untaggedRules.map(({ repositories, after }) => ({
      repositories: repositories.map(repositoryPattern),
      afterMs: after,
    })),
    recordsPulls: recordpulls || rules.some(({ keep: conditions }) => conditions?.pulledwithin !== undefined),
    rules: rules.map((each, index) => ({
      name: each.name ?? `rule ${index + 1}`,
      repositories: each.repositories.map(repositoryPattern),
      tags: each.tags.map(tagPattern),
      except: each.except.map(tagPattern),
      keep: {
        newest: each.keep?.newest,
        newestVersions: each.keep?.newestversions,
        pushedWithinMs: each.keep?.pushedwithin,
        pulledWithinMs: each.keep?.pulledwithin,
        always: each.keep?.always ?? false,
      },
    })),
  };
}

/** The pattern as it was written. */
function patternOf(read: (text: string) => NamePattern, example: string): Schema<string> {
  return scalar('pattern', (node) => {
    try {
      read(node.text);
      return node.text;
    } catch (error) {
      throw new BadValue(
        `expected a pattern such as ${example}: ${(error as Error).message}`,
        JSON.stringify(node.text),
      );
    }
  });
}
