import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../core/digest/digest.ts';
import { Retention, type RetentionOptions } from '../../../core/jobs/retention.ts';
import { parseTag } from '../../../core/model/reference.ts';
import { RepositoryRetention } from '../../../core/retention/repository-retention.ts';
import { imageIndex, name, tagged } from '../content/registry-content.ts';
import type { TagTimes } from '../drivers/tag-times.ts';
import type { CoreParts } from './core-parts.ts';
import { retentionRule } from './retention-rules.ts';

export const APP = name('team/app');
export const DAY = 24 * 60 * 60 * 1000;
const ALL = { limit: Number.POSITIVE_INFINITY, after: undefined };
export const MANIFEST = { bytes: imageIndex([]), contentType: undefined };
export const DIGEST = digestOf(MANIFEST.bytes);
export const NEWEST = retentionRule({ name: 'newest', keep: { newest: 1 } });

/** Sets tags of one manifest, as if that had been so many days ago. */
export async function withTags(
  core: CoreParts,
  times: TagTimes,
  ages: Readonly<Record<string, number>>,
): Promise<void> {
  for (const [tag, days] of Object.entries(ages)) {
    await core.manifests.put(APP, tagged(tag), MANIFEST);
    times.age(tag, days * DAY);
  }
}

/** The job on a registry, by the rule that keeps the newest tag unless others are given. */
export function jobOn(
  core: CoreParts,
  options: Partial<RetentionOptions> = {},
  manifests = core.registry.manifests,
): Retention {
  const dependencies = { catalog: core.catalog, load: async () => core.container.get(RepositoryRetention), manifests };
  return new Retention(dependencies, { rules: [NEWEST], isProtected: () => false, ...options });
}

/** Asserts which tags the repository has. */
export async function tagsOf(t: ExecutionContext, core: CoreParts, expected: readonly string[]): Promise<void> {
  t.deepEqual((await core.tags.list(APP, ALL)).items, expected.map(parseTag));
}
