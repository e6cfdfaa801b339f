import { inject, injectable } from '../di.ts';
import type { RepositoryName } from '../model/reference.ts';
import type { LinkRun } from './check-each.ts';
import type { ScrubFinding } from './finding.ts';
import { LayerLinkCheck } from './layer-link-check.ts';
import { ManifestCheck } from './manifest-check.ts';
import { TagCheck } from './tag-check.ts';

/**
 * Checks that the links of a repository lead to content. Several processes may do so at the same time, beside pushes and
 * deletes: what seems to be missing is looked up once more before it is reported.
 */
@injectable()
export class RepositoryScrubber {
  readonly #manifests: ManifestCheck;
  readonly #layers: LayerLinkCheck;
  readonly #tags: TagCheck;

  constructor(
    @inject(ManifestCheck) manifests: ManifestCheck,
    @inject(LayerLinkCheck) layers: LayerLinkCheck,
    @inject(TagCheck) tags: TagCheck,
  ) {
    this.#manifests = manifests;
    this.#layers = layers;
    this.#tags = tags;
  }

  /**
   * Reads every manifest and every link of the repository, and looks up every blob.
   * @throws the reason of the signal, soon after it aborts; DriverError when a change fails
   */
  async *scrub(name: RepositoryName, run: LinkRun): AsyncGenerator<ScrubFinding, void, undefined> {
    yield* this.#manifests.check(name, run);
    yield* this.#layers.check(name, run);
    yield* this.#tags.check(name, run);
  }
}
