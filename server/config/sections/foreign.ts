import { booleanOf } from '../engine/read-yaml.ts';
import { anything, BadValue, checked, setting } from '../engine/schema.ts';
import { nodeAt, ScalarNode } from '../engine/tree.ts';

/** The warning for keys that only GitLab's registry has. */
export const OF_GITLAB = "has no effect: it is of GitLab's registry; remove it";

/** A key of other registries that has no effect; a file with it must still start. `why` replaces the usual warning. */
export function removed(description: string, why: string | true = true): typeof anything {
  return setting(anything, { description, removed: why });
}

/** Where GitLab's registry may keep its metadata; then the storage alone is incomplete. */
const database = setting(
  checked((node) => {
    const enabled = nodeAt(node, ['enabled']);
    const isOff = enabled === undefined || (enabled instanceof ScalarNode && booleanOf(enabled.text) === false);
    if (!isOff) {
      throw new BadValue(
        "is the database of GitLab's registry, without which its tags are not all in the storage; give Stowage a storage whose content is complete",
      );
    }
  }),
  { description: 'of GitLab; only where it is not enabled', removed: OF_GITLAB },
);

/** Top-level keys of distribution 2 and of GitLab's registry. */
export const foreignKeys = {
  reporting: removed('of distribution 2: Bugsnag and New Relic'),
  database,
  gc: removed('of GitLab', OF_GITLAB),
  migration: removed('of GitLab', OF_GITLAB),
  profiling: removed('of GitLab', OF_GITLAB),
  rate_limiter: removed('of GitLab', OF_GITLAB),
};
