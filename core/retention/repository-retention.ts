import { mapConcurrently } from '../async/concurrency.ts';
import { inject, injectable } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import type { DriverError } from '../driver/index.ts';
import { RegistryError } from '../model/errors.ts';
import type { RepositoryName, Tag } from '../model/reference.ts';
import { subjectOfTag } from '../model/referrers-tag.ts';
import { PullTimes } from '../pulls/pull-times.ts';
import type { CallContext } from '../registry/call-context.ts';
import type { ManifestService } from '../registry/manifest-service.ts';
import { BlobStore } from '../storage/blob-store.ts';
import { RevisionStore } from '../storage/revision-store.ts';
import { TagStore } from '../storage/tag-store.ts';
import { concernsOnePath } from '../storage/unreadable-paths.ts';
import { decideTags, type TagDecision, type TagFacts } from './decide-tags.ts';
import { type RetentionRule, rulesFor } from './retention-rule.ts';

const LOOKUPS_AT_A_TIME = 32;
const DELETES_AT_A_TIME = 8;
/** The number of tags that are listed at a time. */
const BATCH = 1000;
/** Until a referrer is that old, its subject may still be on its way, in milliseconds. */
const MIN_ORPHAN_AGE_MS = 24 * 60 * 60 * 1000;
const ACTOR = { name: 'retention', kind: 'job' } as const;

/** What decides about the tags of a repository. */
export interface RetentionPolicy {
  readonly rules: readonly RetentionRule[];
  /** Whether a tag is immutable: it stays, whatever the rules say. */
  readonly isProtected: (name: RepositoryName, tag: Tag) => boolean;
}

/** How tags are judged. */
export interface DecideOptions extends Pick<RemoveOptions, 'signal' | 'onStep'> {
  /** Whether this process knows of pulls that it could not record, so that nothing is known of pulls. Default: no. */
  readonly lacksPulls?: boolean | undefined;
}

/** How tags are removed. */
export interface RemoveOptions {
  /** Deletes as clients do: what wraps it refuses, reports and forgets. */
  readonly manifests: Pick<ManifestService, 'delete'>;
  readonly signal: AbortSignal;
  /** Called every few tags. */
  readonly onStep: () => void;
  /** Hears of each tag that was removed; that costs a driver call for each. */
  readonly onRemoved?: ((removed: RemovedTag) => void) | undefined;
}

/** A tag that was removed. */
export interface RemovedTag {
  readonly name: RepositoryName;
  readonly tag: Tag;
  /** To what it pointed. */
  readonly digest: Digest | undefined;
  /** The name of the rule that decided; absent for referrers, which follow their subject. */
  readonly rule: string | undefined;
}

/** What became of the tags that were to go. */
export interface RemovedTags {
  removed: number;
  /** Those that were pushed or deleted since the decision. */
  changed: number;
  /** Those that the registry refused to remove, because they are immutable. */
  protected: number;
  /** Those that the registry refused to remove for another reason, or whose files nobody may change. */
  readonly failures: { readonly tag: Tag; readonly error: RegistryError | DriverError }[];
}

/** Decides about the tags of a repository by rules, and removes those that go. The registry may be running. */
@injectable()
export class RepositoryRetention {
  readonly #tags: TagStore;
  readonly #revisions: RevisionStore;
  readonly #pulls: PullTimes;
  readonly #blobs: BlobStore;

  constructor(
    @inject(TagStore) tags: TagStore,
    @inject(RevisionStore) revisions: RevisionStore,
    @inject(PullTimes) pulls: PullTimes,
    @inject(BlobStore) blobs: BlobStore,
  ) {
    this.#tags = tags;
    this.#revisions = revisions;
    this.#pulls = pulls;
    this.#blobs = blobs;
  }

  /**
   * Decides about each tag of a repository; changes nothing. One driver call, and one for each tag; none for a repository that no
   * rule matches; for a tag that only its pulls can keep, one more, and one for each manifest that it has. It holds about
   * 300 bytes for each tag, and for each manifest whose pulls are recorded.
   * @returns in byte order of the tags, without those whose link cannot be read: they stay
   * @throws the reason of the signal, a few tags after it aborts
   */
  async decide(
    name: RepositoryName,
    { rules, isProtected }: RetentionPolicy,
    { signal, onStep, lacksPulls = false }: DecideOptions,
  ): Promise<readonly TagDecision[]> {
    const own = rulesFor(rules, name);
    if (own.length === 0) return [];
    // Times are compared with this one: a tag that is set later has not been judged.
    const nowMs = Date.now();
    const facts: TagFacts[] = [];
    const unorderedUntilMs = (await this.#tags.unordered.untilMs(name)) ?? Number.NEGATIVE_INFINITY;
    for (let after: Tag | undefined, isLast = false; !isLast; ) {
      const tags = await this.#tags.list(name, { after, limit: BATCH, signal });
      const found = await mapConcurrently(tags, LOOKUPS_AT_A_TIME, async (tag) => {
        signal.throwIfAborted();
        onStep();
        const pushedAtMs = (await this.#tags.setAt(name, tag))?.getTime();
        return pushedAtMs === undefined ? [] : [{ tag, pushedAtMs, isUnordered: pushedAtMs <= unorderedUntilMs }];
      });
      facts.push(...found.flat());
      isLast = tags.length < BATCH;
      after = tags.at(-1);
    }
    const first = decideTags(own, facts, nowMs);
    const last = lacksPulls ? first : await this.#decideByPulls(name, first, { own, nowMs, signal });
    const decided = last.map((decision) => {
      if (decision.stays || !isProtected(name, decision.facts.tag)) return decision;
      return { ...decision, stays: true, reason: 'it is immutable' };
    });
    // In a repository for signatures alone, which cosign can be told to use, the subjects may be in another registry.
    if (decided.every(({ facts: { tag } }) => subjectOfTag(tag) !== undefined)) return decided;
    return mapConcurrently(decided, LOOKUPS_AT_A_TIME, (decision) => this.#withSubject(name, decision, nowMs));
  }

  /**
   * Removes tags as decided. A tag that was set again since the decision stays: this is looked at immediately before
   * the removal, while no push through this process can set the tag. A push through another process in the few
   * milliseconds between the look and the removal is lost with the tag.
   */
  async remove(
    name: RepositoryName,
    decisions: readonly TagDecision[],
    { manifests, signal, onStep, onRemoved }: RemoveOptions,
  ): Promise<RemovedTags> {
    const result: RemovedTags = { removed: 0, changed: 0, protected: 0, failures: [] };
    const going = decisions.filter(({ stays }) => !stays);
    await mapConcurrently(going, DELETES_AT_A_TIME, async ({ facts: { tag, pushedAtMs }, rule }) => {
      signal.throwIfAborted();
      onStep();
      const tagChanged =
        onRemoved && ((_: Tag, digest: Digest | undefined) => onRemoved({ name, tag, digest, rule: rule?.name }));
      const context: CallContext = { signal, actor: ACTOR, tagChanged, onlyIfSetAtMs: pushedAtMs };
      try {
        await manifests.delete(name, { kind: 'tag', tag }, context);
        result.removed += 1;
      } catch (error) {
        if (concernsOnePath(error)) return void result.failures.push({ tag, error });
        if (!RegistryError.is(error)) throw error;
        if (error.code === 'MANIFEST_UNKNOWN' || error.code === 'NAME_UNKNOWN') result.changed += 1;
        else if (error.code === 'TAG_IMMUTABLE') result.protected += 1;
        else result.failures.push({ tag, error });
      }
    });
    return result;
  }

  /** Decides again where pulls are lacking. */
  async #decideByPulls(
    name: RepositoryName,
    decided: readonly TagDecision[],
    {
      own,
      nowMs,
      signal,
    }: { readonly own: readonly RetentionRule[]; readonly nowMs: number; readonly signal: AbortSignal },
  ): Promise<readonly TagDecision[]> {
    const pulls = decided.some(({ lacksPulls }) => lacksPulls) ? await this.#pulls.read(name, nowMs) : undefined;
    if (pulls === undefined) return decided;
    const facts = await mapConcurrently(decided, LOOKUPS_AT_A_TIME, async ({ facts: known, rule, lacksPulls }) => {
      signal.throwIfAborted();
      const digest = lacksPulls ? await this.#tags.get(name, known.tag) : undefined;
      if (digest === undefined) return known;
      const enoughMs = nowMs - (rule?.keep.pulledWithinMs ?? 0);
      return { ...known, pulls: { ...pulls, pulledAtMs: await pulls.last(digest, enoughMs) } };
    });
    return decideTags(own, facts, nowMs);
  }

  /**
   * A tag of referrers goes when its subject is gone: from the repository, and from the storage, because cosign can be told to keep the
   * signatures of several repositories in another one.
   */
  async #withSubject(name: RepositoryName, decision: TagDecision, nowMs: number): Promise<TagDecision> {
    const { tag, pushedAtMs } = decision.facts;
    if (!decision.stays || pushedAtMs === undefined || nowMs - pushedAtMs < MIN_ORPHAN_AGE_MS) return decision;
    const subject = subjectOfTag(tag);
    if (subject === undefined || (await this.#revisions.has(name, subject))) return decision;
    // A collection that is under way may put back what it has set aside.
    if (await this.#blobs.collections.isCandidate(subject)) return decision;
    if ((await this.#blobs.size(subject)) !== undefined) return decision;
    return { ...decision, stays: false, reason: 'the image that it lists or signs is gone' };
  }
}
