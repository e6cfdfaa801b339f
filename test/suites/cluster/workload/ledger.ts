/** A manifest that a registry has acknowledged. */
export interface PushedManifest {
  readonly repository: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

/** Acknowledgements to clients: content that the registry must have from then on. */
export class Ledger {
  readonly manifests: PushedManifest[] = [];
  /** Repository and digest of each blob. */
  readonly blobs = new Set<string>();
  /** Repository and tag of each tag that was set. */
  readonly tags = new Set<string>();
  /** How often a client had to do something again. */
  readonly retries = new Map<string, number>();

  /** Other actions, and how often. */
  readonly #done = new Map<string, number>();
  /** The message of the last third-party client that had to retry. */
  lastFailure = '';

  blob(repository: string, digest: string): void {
    this.blobs.add(`${repository}@${digest}`);
  }

  tag(repository: string, tag: string): void {
    this.tags.add(`${repository}:${tag}`);
  }

  retry(why: string): void {
    count(this.retries, why);
  }

  done(what: string): void {
    count(this.#done, what);
  }

  /** One line about what was done. */
  get summary(): string {
    const { manifests, blobs, tags } = this;
    const acknowledged = `${manifests.length} manifests, ${blobs.size} blobs, ${tags.size} tags acknowledged`;
    return `${acknowledged}; ${listOf(this.#done)}; retries: ${listOf(this.retries)}`;
  }
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function listOf(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([what, times]) => `${what} ${times}`).join(', ') || 'none';
}
