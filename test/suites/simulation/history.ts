import type { Digest } from '../../../core/digest/digest.ts';
import type { RepositoryName } from '../../../core/model/reference.ts';

/**
 * The actions of a client on a repository that decide the final state. `retire` is the removal of tags by rules, after it
 * was decided which of them go.
 */
export interface Deed {
  readonly kind: 'push-blob' | 'delete-blob' | 'put' | 'delete-manifest' | 'delete-tag' | 'undelete' | 'retire';
  readonly repository: RepositoryName;
  readonly process: number;
  readonly digest?: Digest | undefined;
  readonly tags?: readonly string[] | undefined;
  /** The blobs and manifests that a manifest needs. */
  readonly needs?: readonly Digest[] | undefined;
}

/** A garbage collection that may have removed something. */
interface CollectionEntry {
  /** When its candidates became known. */
  readonly publishedAt: number;
  readonly deletesUntagged: boolean;
}

/** A deed that has begun. */
export interface Entry extends Deed {
  readonly startedAt: number;
  endedAt: number;
  isAcknowledged: boolean;
}

/** The storage when everything is quiet. */
export interface FinalState {
  readonly hasBlob: (repository: RepositoryName, digest: Digest) => boolean;
  readonly hasManifest: (repository: RepositoryName, digest: Digest) => boolean;
  readonly tag: (repository: RepositoryName, tag: string) => string | undefined;
}

/**
 * Remembers which client did what and when, and decides which end states that allows. Time counts events, not seconds.
 */
export class History {
  readonly #entries: Entry[] = [];
  readonly #collections: CollectionEntry[] = [];
  #now = 0;

  /** Records that from now on a garbage collection may remove what was unneeded before. */
  collects(deletesUntagged: boolean): void {
    this.#collections.push({ publishedAt: this.#now++, deletesUntagged });
  }

  /** Records a deed while it is done; it is acknowledged when `action` resolves. */
  async during<Result>(deed: Deed, action: (entry: Entry) => Promise<Result>): Promise<Result> {
    const entry: Entry = { ...deed, startedAt: this.#now++, endedAt: Infinity, isAcknowledged: false };
    this.#entries.push(entry);
    try {
      const result = await action(entry);
      entry.isAcknowledged = true;
      return result;
    } finally {
      entry.endedAt = this.#now++;
    }
  }

  /**
   * Whether a tag may name a manifest that is not there right now: the manifest is being deleted, or is being put by a
   * request that its deletion has overtaken and that will put it again.
   */
  mayDangle(repository: string, digest: string): boolean {
    const about = this.#entries.filter((entry) => entry.repository === repository && entry.digest === digest);
    const deletes = about.filter(({ kind }) => kind === 'delete-manifest');
    if (deletes.some(({ endedAt }) => endedAt === Infinity)) return true;
    const puts = about.filter((entry) => isPut(entry) && entry.endedAt === Infinity);
    return puts.some((put) => deletes.some((deletion) => deletion.endedAt > put.startedAt));
  }

  /** Whether a deletion must come back: it was acknowledged before, and no one has tried to undo it since it began. */
  mustComeBack(attempt: Entry): boolean {
    const about = this.#entries.filter(({ repository }) => repository === attempt.repository);
    const attempts = about.filter((entry) => entry.kind === 'undelete' && entry !== attempt);
    return about.some(
      (entry) =>
        entry.kind === 'delete-manifest' &&
        entry.digest === attempt.digest &&
        entry.isAcknowledged &&
        entry.endedAt < attempt.startedAt &&
        attempts.every(({ endedAt }) => endedAt < entry.startedAt),
    );
  }

  /** One sentence for each acknowledged deed that the end state contradicts. */
  contradictions(state: FinalState): string[] {
    const acknowledged = this.#entries.filter(({ isAcknowledged }) => isAcknowledged);
    return acknowledged.flatMap((entry) => this.#contradiction(entry, state) ?? []);
  }

  #contradiction(entry: Entry, state: FinalState): string | undefined {
    const { kind, repository, digest } = entry;
    if (digest === undefined) return undefined;
    const isBlobGone = kind === 'push-blob' && !state.hasBlob(repository, digest);
    if (isBlobGone && !this.#undone(entry, ['delete-blob']) && !this.#isCollected(entry)) {
      return `blob ${digest} was pushed to ${repository} and is gone`;
    }
    if (!isPut(entry)) return undefined;
    if (!state.hasManifest(repository, digest)) {
      const isTagged = entry.tags?.some((tag) => state.tag(repository, tag) === digest) === true;
      if (this.#undone(entry, ['delete-manifest']) || (!isTagged && this.#isCollected(entry, true))) return undefined;
      return `manifest ${digest} was put into ${repository} and is gone`;
    }
    for (const needed of entry.needs ?? []) {
      if (state.hasBlob(repository, needed) || state.hasManifest(repository, needed)) continue;
      if (this.#undone({ ...entry, digest: needed }, ['delete-blob', 'delete-manifest'])) continue;
      return `manifest ${digest} was put into ${repository} and lost ${needed}`;
    }
    for (const tag of entry.tags ?? []) {
      const found = state.tag(repository, tag);
      if (found !== digest && !this.#isTagExplained(entry, tag, found)) {
        return `tag ${tag} of ${repository} was set to ${digest} and is ${found ?? 'gone'}`;
      }
    }
    return undefined;
  }

  /** Whether a collection may have removed what was pushed before it began; it keeps what is pushed later. */
  #isCollected({ startedAt }: Entry, isManifest = false): boolean {
    return this.#collections.some(
      ({ publishedAt, deletesUntagged }) => publishedAt > startedAt && (deletesUntagged || !isManifest),
    );
  }

  /** Whether an action that had not ended before `entry` began undoes its effect. */
  #undone(entry: Entry, kinds: readonly Deed['kind'][]): boolean {
    return this.#later(entry).some(({ kind, digest }) => kinds.includes(kind) && digest === entry.digest);
  }

  #isTagExplained(entry: Entry, tag: string, found: string | undefined): boolean {
    const later = this.#later(entry).filter(
      ({ tags, kind }) => kind === 'delete-manifest' || kind === 'undelete' || tags?.includes(tag),
    );
    if (found !== undefined) return later.some((other) => isPut(other) && other.digest === found);
    return later.some((other) => {
      const { kind, digest, process, startedAt } = other;
      if (kind === 'delete-tag') return true;
      // A process does not remove a tag that it has set since the decision; another one may have set it a moment ago.
      if (kind === 'retire') return process !== entry.process || startedAt > entry.startedAt;
      // Another process that deletes the previous manifest of the tag may remove the moved tag as well.
      if (kind === 'delete-manifest') return digest === entry.digest || process !== entry.process;
      // Set to a manifest that was then deleted with its tags.
      return isPut(other) && this.#undone({ ...entry, digest }, ['delete-manifest']);
    });
  }

  #later({ repository, startedAt }: Entry): Entry[] {
    return this.#entries.filter((other) => {
      const isSelf = other.startedAt === startedAt;
      return !isSelf && other.repository === repository && other.endedAt > startedAt;
    });
  }
}

/** Whether a deed stores a manifest. */
function isPut({ kind }: Deed): boolean {
  return kind === 'put' || kind === 'undelete';
}
