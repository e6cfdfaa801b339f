import type { Tag } from '../model/reference.ts';
import { compareVersions, type TagVersion, versionOfTag } from './tag-version.ts';

/** Tags that are versions. */
export interface RankedVersions {
  /** Every tag that names a version. */
  readonly all: ReadonlySet<Tag>;
  /** Those of the highest versions. */
  readonly newest: ReadonlySet<Tag>;
}

/**
 * The tags of the `limit` highest versions. Several tags may name one version. A tag with fewer than three numbers
 * stands for the highest version that begins with them, as such tags do where images are published: beside `1.2.3`,
 * the tags `1.2` and `1` are version 1.2.3. Only tags with the same suffix belong together.
 */
export function newestVersions(tags: readonly Tag[], limit: number): RankedVersions {
  const named = tags.flatMap((tag) => {
    const version = versionOfTag(tag);
    return version === undefined ? [] : [{ tag, version }];
  });
  const highest = highestByPrefix(named.map(({ version }) => version));
  const found = named.map(({ tag, version }) => ({ tag, version: highest.get(prefixOf(version)) ?? version.version }));
  found.sort((one, other) => compareVersions(other.version, one.version));
  const taken = new Set<string>();
  const newest = new Set<Tag>();
  for (const { tag, version } of found) {
    if (!taken.has(version.version) && taken.size >= limit) break;
    taken.add(version.version);
    newest.add(tag);
  }
  return { all: new Set(named.map(({ tag }) => tag)), newest };
}

/** The highest version for each beginning with one or two numbers. */
function highestByPrefix(versions: readonly TagVersion[]): ReadonlyMap<string, TagVersion['version']> {
  const highest = new Map<string, TagVersion['version']>();
  for (const { version, numbers, suffix } of versions) {
    for (let count = 1; count <= Math.min(2, numbers.length); count += 1) {
      const prefix = prefixOf({ numbers: numbers.slice(0, count), suffix });
      const known = highest.get(prefix);
      if (known === undefined || compareVersions(version, known) > 0) highest.set(prefix, version);
    }
  }
  return highest;
}

function prefixOf({ numbers, suffix }: Pick<TagVersion, 'numbers' | 'suffix'>): string {
  return `${numbers.join('.')}${suffix}`;
}
