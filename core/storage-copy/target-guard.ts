import type { Digest } from '../digest/digest.ts';
import type { StoragePath } from '../driver/index.ts';
import type { CollectionGuard } from '../storage/collection/collection-guard.ts';

/**
 * Protects what a copy relies on in its target from garbage collections there, as a request would, see
 * {@link CollectionGuard}. A dry run changes nothing and relies on nothing, so it protects nothing.
 */
export class TargetGuard {
  readonly #guard: CollectionGuard;
  readonly #dryRun: boolean;

  constructor(guard: CollectionGuard, { dryRun }: { readonly dryRun: boolean }) {
    this.#guard = guard;
    this.#dryRun = dryRun;
  }

  /** See {@link CollectionGuard.keep}. */
  async keep(digest: Digest): Promise<void> {
    if (!this.#dryRun) await this.#guard.keep(digest);
  }

  /** See {@link CollectionGuard.find}. */
  find<Found>(digest: Digest, path: StoragePath, look: () => Promise<Found | undefined>): Promise<Found | undefined> {
    return this.#dryRun ? look() : this.#guard.find(digest, path, look);
  }

  /** Whether a collection may be about to remove what the digest names, so that seeing it proves nothing. */
  async isCandidate(digest: Digest): Promise<boolean> {
    return !this.#dryRun && this.#guard.isCandidate(digest);
  }
}
