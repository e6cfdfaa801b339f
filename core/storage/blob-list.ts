import { inject, injectable } from '../di.ts';
import { algorithmOf, contentAlgorithms, type Digest, hexOf, isDigest } from '../digest/digest.ts';
import { LinkStore } from './link-store.ts';
import { PathMapper } from './paths/path-mapper.ts';

/** Lists what is stored by digest, for all repositories. */
@injectable()
export class BlobList {
  readonly #links: LinkStore;
  readonly #paths: PathMapper;

  constructor(@inject(LinkStore) links: LinkStore, @inject(PathMapper) paths: PathMapper) {
    this.#links = links;
    this.#paths = paths;
  }

  /**
   * The digests that have a folder, with content or without: one algorithm after another by name, each in byte order.
   * Reads one folder for each first two hex digits.
   * @param after only the digests that follow this one; it need not be stored
   */
  async *digests(after?: Digest): AsyncGenerator<Digest, void, undefined> {
    const first = after === undefined ? '' : algorithmOf(after);
    for (const algorithm of contentAlgorithms().sort()) {
      if (algorithm < first) continue;
      yield* this.#digestsBy(algorithm, after !== undefined && algorithm === first ? hexOf(after) : '');
    }
  }

  async *#digestsBy(algorithm: string, after: string): AsyncGenerator<Digest, void, undefined> {
    const start = after.slice(0, 2);
    for await (const prefix of this.#links.folders(this.#paths.blobsBy(algorithm))) {
      if (prefix < start) continue;
      const from = prefix === start ? after : undefined;
      for await (const hex of this.#links.folders(this.#paths.blobsBy(algorithm, prefix), from)) {
        const digest = `${algorithm}:${hex}`;
        if (isDigest(digest) && hex.startsWith(prefix)) yield digest;
      }
    }
  }
}
