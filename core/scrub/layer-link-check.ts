import { inject, injectable } from '../di.ts';
import { type Digest, isAlias } from '../digest/digest.ts';
import type { RepositoryName } from '../model/reference.ts';
import { BlobStore } from '../storage/blob-store.ts';
import { LinkInspector } from '../storage/link-inspector.ts';
import { checkEach, type LinkRun } from './check-each.ts';
import type { ScrubFinding } from './finding.ts';

/** Checks that the links of a repository to its blobs lead to content. */
@injectable()
export class LayerLinkCheck {
  readonly #blobs: BlobStore;
  readonly #links: LinkInspector;

  constructor(@inject(BlobStore) blobs: BlobStore, @inject(LinkInspector) links: LinkInspector) {
    this.#blobs = blobs;
    this.#links = links;
  }

  /** Two driver calls for each link. */
  async *check(name: RepositoryName, run: LinkRun): AsyncGenerator<ScrubFinding, void, undefined> {
    const check = async (digest: Digest): Promise<readonly ScrubFinding[]> => {
      const finding = await this.#look(name, digest, run);
      return finding === undefined ? [] : [finding];
    };
    const placeOf = (digest: Digest) => ({ repository: name, digest });
    yield* checkEach(this.#links.layers(name), { check, placeOf }, { run, place: { repository: name } });
  }

  async #look(name: RepositoryName, digest: Digest, { dryRun }: LinkRun): Promise<ScrubFinding | undefined> {
    const state = await this.#links.layer(name, digest);
    if (state === 'absent') return undefined;
    if (state === 'broken') {
      const found = { code: 'layer-link-broken', repository: name, digest } as const;
      // What an alias names is known from the link alone.
      const isMendable = !dryRun && !isAlias(digest) && (await this.#blobs.size(digest)) !== undefined;
      if (!isMendable) return { ...found, action: 'none' };
      await this.#links.mendLayer(name, digest);
      return { ...found, action: 'mended' };
    }
    if ((await this.#blobs.size(state.digest)) !== undefined) return undefined;
    // A delete may have removed both meanwhile.
    if ((await this.#links.layer(name, digest)) === 'absent') return undefined;
    return { code: 'layer-link-dangling', action: 'none', repository: name, digest };
  }
}
