import { mapConcurrently } from '../../async/concurrency.ts';
import { inject, injectable } from '../../di.ts';
import type { Digest } from '../../digest/digest.ts';
import type { Descriptor } from '../../model/descriptor.ts';
import type { RepositoryName } from '../../model/reference.ts';
import { ReferrerStore } from '../../storage/referrer-store.ts';
import { deriveReferrer } from './derive-referrer.ts';
import { ManifestReader } from './manifest-reader.ts';

/** Most entries are small, and a remote storage has a high latency. */
const SMALL_CONCURRENCY = 64;
/** A descriptor may be as large as a manifest. */
const CONCURRENCY = 16;

/** The descriptors in lists of referrers: from their entries, cached where possible, or else from the manifests. */
@injectable()
export class ReferrerDescriptions {
  readonly #referrers: ReferrerStore;
  readonly #manifests: ManifestReader;

  constructor(@inject(ReferrerStore) referrers: ReferrerStore, @inject(ManifestReader) manifests: ManifestReader) {
    this.#referrers = referrers;
    this.#manifests = manifests;
  }

  /**
   * The descriptors of referrers, in order and in groups; `undefined` for a manifest with another subject. A group is
   * read when it is requested. One driver call for each descriptor that is not in memory; two for a large one; one more
   * without an entry.
   */
  async *inOrder(
    name: RepositoryName,
    subject: Digest,
    digests: readonly Digest[],
  ): AsyncGenerator<readonly (Descriptor | undefined)[], void, undefined> {
    for (let start = 0; start < digests.length; start += SMALL_CONCURRENCY) {
      const some = digests.slice(start, start + SMALL_CONCURRENCY);
      const found = await this.#small(name, subject, some);
      const isWhole = found.every((each) => each !== undefined && each !== 'large');
      const step = isWhole ? SMALL_CONCURRENCY : CONCURRENCY;
      for (let at = 0; at < some.length; at += step) {
        const group = found.slice(at, at + step);
        yield isWhole ? (group as Descriptor[]) : await this.#rest(name, subject, some.slice(at, at + step), group);
      }
    }
  }

  /** The small entries, `large` for others; `undefined` if there is no entry. */
  #small(
    name: RepositoryName,
    subject: Digest,
    digests: readonly Digest[],
  ): (Descriptor | 'large' | undefined)[] | Promise<(Descriptor | 'large' | undefined)[]> {
    const known = digests.map((digest) => this.#referrers.known(subject, digest));
    if (!known.includes(undefined)) return known;
    return mapConcurrently(
      digests,
      SMALL_CONCURRENCY,
      async (digest, index) => known[index] ?? this.#referrers.readSmall(name, subject, digest),
    );
  }

  #rest(
    name: RepositoryName,
    subject: Digest,
    digests: readonly Digest[],
    found: readonly (Descriptor | 'large' | undefined)[],
  ): Promise<(Descriptor | undefined)[]> {
    return mapConcurrently(digests, CONCURRENCY, async (digest, index) => {
      const small = found[index];
      if (small !== undefined && small !== 'large') return small;
      const entry = small === 'large' ? await this.#referrers.read(name, subject, digest) : undefined;
      return entry ?? this.#derive(subject, digest);
    });
  }

  async #derive(subject: Digest, digest: Digest): Promise<Descriptor | undefined> {
    const referrer = await deriveReferrer(this.#manifests, digest);
    return referrer !== 'damaged' && referrer?.subject === subject ? referrer.descriptor : undefined;
  }
}
