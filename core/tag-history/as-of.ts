import type { Digest } from '../digest/digest.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import type { RevisionStore } from '../storage/revision-store.ts';
import type { TagAt, TagHistory } from './tag-history.ts';

/** How far ahead of this process the clock of a client may be, in milliseconds. */
const MAX_AHEAD_MS = 300_000;

/** What answers it. */
export interface AsOfDependencies {
  readonly history: Pick<TagHistory, 'at'>;
  readonly revisions: Pick<RevisionStore, 'has'>;
}

/** Answers what a tag was at a time. */
export class AsOf {
  readonly #dependencies: AsOfDependencies;

  constructor(dependencies: AsOfDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * The digest of the manifest to which the tag pointed, which the repository has.
   * @throws RegistryError `QUERY_INVALID` for a time in the future; `MANIFEST_UNKNOWN` if the tag did not exist, if that is
   * not known, or if the manifest is gone; `STATE_CONFLICT` if something has moved the tag without a record
   */
  async resolve(name: RepositoryName, tag: Tag, time: Date): Promise<Digest> {
    if (time.getTime() > Date.now() + MAX_AHEAD_MS)
      throw new RegistryError('QUERY_INVALID', { reason: `${time.toISOString()} is in the future` });
    const found = await this.#dependencies.history.at(name, tag, time.getTime());
    const detail = { name, tag, at: time.toISOString() };
    if (found.state === 'unclear') throw new RegistryError('STATE_CONFLICT', { ...detail, reason: unclear(found) });
    if (found.state !== 'set') throw new RegistryError('MANIFEST_UNKNOWN', { ...detail, reason: reasonOf(found) });
    const { digest } = found;
    if (await this.#dependencies.revisions.has(name, digest)) return digest;
    const advice = `push it again, or bring it back with "stowage undelete ${name}@${digest}" if it is in the trash`;
    const reason = `the tag pointed to ${digest}, which is gone; ${advice}`;
    throw new RegistryError('MANIFEST_UNKNOWN', { ...detail, digest, reason });
  }
}

function reasonOf(found: Exclude<TagAt, { state: 'set' | 'unclear' }>): string {
  if (found.state === 'absent') return 'the tag did not exist at that time';
  if (found.state === 'unrecorded') return 'the history has no record of this tag';
  const { atMs, from } = found.first;
  const before = from === undefined ? 'did not exist' : `pointed to ${from}`;
  return `the history of this tag begins at ${new Date(atMs).toISOString()}; immediately before that, it ${before}`;
}

function unclear({ record: { to, atMs }, found }: Extract<TagAt, { state: 'unclear' }>): string {
  const [first, second] = [to, found].map((digest) => digest ?? 'nothing');
  return (
    `several instances have moved the tag at once, or something that records nothing, since ${new Date(atMs).toISOString()}: it ` +
    `pointed to ${first} then, and later to ${second}; pull the one that you mean by its digest`
  );
}
