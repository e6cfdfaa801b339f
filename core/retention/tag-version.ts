import { compareBuild, parse, type SemVer } from 'semver';
import type { Tag } from '../model/reference.ts';

const VERSION = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z.-]+)?$/;

/** The version that a tag names. */
export interface TagVersion {
  readonly version: SemVer;
  /** The numbers that the tag has, from one to three: `1.2` has two. */
  readonly numbers: readonly string[];
  /** What follows the numbers, such as `-rc.1`; empty without one. */
  readonly suffix: string;
}

/**
 * The version that a tag names, with or without a leading `v`; `undefined` if it names none. `1.2` and `v1` count as
 * `1.2.0` and `1.0.0`, because images are tagged like that.
 */
export function versionOfTag(tag: Tag): TagVersion | undefined {
  const [, major, minor, patch, suffix = ''] = VERSION.exec(tag) ?? [];
  if (major === undefined) return undefined;
  const version = parse(`${major}.${minor ?? 0}.${patch ?? 0}${suffix}`);
  const numbers = [major, minor, patch].filter((number) => number !== undefined);
  return version === null ? undefined : { version, numbers, suffix };
}

/** The order of versions: negative if `one` is older. */
export function compareVersions(one: SemVer, other: SemVer): number {
  return compareBuild(one, other);
}
