/** A manifest that a registry has said to have. */
export interface PushedManifest {
  readonly repository: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

/** What clients were told: what the registry has to have from then on. */
export class Ledger {
  readonly manifests: PushedManifest[] = [];
  /** Repository and digest of each blob. */
  readonly blobs = new Set<string>();
  /** Repository and tag of each tag that was set. */
  readonly tags = new Set<string>();
  /** How often a client had to do something again. */
  readonly retries = new Map<string, number>();

  blob(repository: string, digest: string): void {
    this.blobs.add(`${repository}@${digest}`);
  }

  tag(repository: string, tag: string): void {
    this.tags.add(`${repository}:${tag}`);
  }

  retry(why: string): void {
    this.retries.set(why, (this.retries.get(why) ?? 0) + 1);
  }

  /** One line about what was done. */
  get summary(): string {
    const retries = [...this.retries].map(([why, count]) => `${why} ${count}`).join(', ');
    const { manifests, blobs, tags } = this;
    return `${manifests.length} manifests, ${blobs.size} blobs, ${tags.size} tags acknowledged; retries: ${retries || 'none'}`;
  }
}
