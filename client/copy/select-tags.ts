import { Range } from 'semver';
import { mapConcurrently } from '../../core/async/concurrency.ts';
import { readStoredManifest } from '../../core/manifests/stored-manifest.ts';
import type { Tag } from '../../core/model/reference.ts';
import type { CallContext } from '../../core/registry/call-context.ts';
import type { StoredManifest } from '../../core/registry/manifest-service.ts';
import { compareVersions, versionOfTag } from '../../core/retention/tag-version.ts';
import type { ObjectStore } from '../stores/object-store.ts';
import { CopyError } from './copy-error.ts';
import { readConfig } from './read-blob.ts';
import { withoutReferrersLists } from './referrers-tag.ts';
import type { TagRules } from './selection.ts';
import { tagPattern } from './tag-pattern.ts';

/** No registry with more tags is copied at once; the limit also stops an endless list. */
const MAX_TAGS = 1_000_000;
const READS_AT_A_TIME = 8;

/**
 * The tags of a store that match the rules: versions in ascending order, otherwise in byte order. Tags that only list
 * referrers are excluded.
 * @throws CopyError `selection` when a rule is malformed
 */
export async function selectTags(source: ObjectStore, rules: TagRules, context: CallContext): Promise<readonly Tag[]> {
  const { newest, range, isNamed } = readRules(rules);
  const named: Tag[] = [];
  let listed = 0;
  for await (const tag of source.tags(context)) {
    listed += 1;
    if (listed > MAX_TAGS) throw new CopyError('selection', `${source.label} lists more than ${MAX_TAGS} tags`);
    if (isNamed(tag)) named.push(tag);
  }
  const images = await withoutReferrersLists(source, named, context);
  const tags = range === undefined ? images.toSorted() : inRange(images, range);
  if (newest === undefined || newest >= tags.length) return tags;
  const ordered = range === undefined ? await byAge(source, tags, context) : tags;
  return newest === 0 ? [] : ordered.slice(-newest);
}

/**
 * Checks rules before any request to a store.
 * @throws CopyError `selection` when one is malformed
 */
export function checkTagRules(rules: TagRules): void {
  readRules(rules);
}

function readRules({ include = ['*'], exclude = [], semver, newest }: TagRules) {
  if (newest !== undefined && !(Number.isInteger(newest) && newest >= 0)) {
    throw new CopyError('selection', `newest is ${newest}; it must be a whole number of at least 0`);
  }
  const [included, excluded] = [include.map(tagPattern), exclude.map(tagPattern)];
  return {
    newest,
    range: semver === undefined ? undefined : parseRange(semver),
    isNamed: (tag: Tag): boolean =>
      included.some((matches) => matches(tag)) && !excluded.some((matches) => matches(tag)),
  };
}

function parseRange(text: string): Range {
  try {
    return new Range(text);
  } catch (cause) {
    throw new CopyError('selection', `${JSON.stringify(text)} is not a range of versions`, { cause });
  }
}

function inRange(tags: readonly Tag[], range: Range): Tag[] {
  const versions = tags.flatMap((tag) => {
    const version = versionOfTag(tag)?.version;
    return version !== undefined && range.test(version) ? [{ tag, version }] : [];
  });
  return versions.sort((one, other) => compareVersions(one.version, other.version)).map(({ tag }) => tag);
}

async function byAge(source: ObjectStore, tags: readonly Tag[], context: CallContext): Promise<Tag[]> {
  const dated = await mapConcurrently(tags, READS_AT_A_TIME, async (tag) => ({
    tag,
    created: await createdOf(source, await source.manifest({ kind: 'tag', tag }, context), context),
  }));
  return dated.sort((one, other) => one.created - other.created).map(({ tag }) => tag);
}

/** When an image was created, in Unix milliseconds; for an index, its first image; 0 if it is not stated. */
async function createdOf(source: ObjectStore, { bytes }: StoredManifest, context: CallContext): Promise<number> {
  const { annotations, children, blobs } = readStoredManifest(bytes);
  const annotated = timeOf(annotations?.['org.opencontainers.image.created']);
  if (annotated !== 0) return annotated;
  const [child] = children;
  if (child !== undefined) {
    const stored = await source.manifest({ kind: 'digest', digest: child.digest }, context);
    return readStoredManifest(stored.bytes).children.length > 0 ? 0 : createdOf(source, stored, context);
  }
  return timeOf((await readConfig(source, blobs[0], context))?.['created']);
}

function timeOf(text: unknown): number {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? 0 : time;
}
