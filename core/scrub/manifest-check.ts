import { inject, injectable } from '../di.ts';
import type { Digest } from '../digest/digest.ts';
import { readStoredManifest } from '../manifests/stored-manifest.ts';
import type { Descriptor } from '../model/descriptor.ts';
import { isNonDistributable } from '../model/media-types.ts';
import type { RepositoryName } from '../model/reference.ts';
import { BlobStore } from '../storage/blob-store.ts';
import { CorruptContentError } from '../storage/corrupt-content-error.ts';
import { LinkInspector } from '../storage/link-inspector.ts';
import { RevisionStore } from '../storage/revision-store.ts';
import { checkEach, type LinkRun } from './check-each.ts';
import type { ScrubFinding } from './finding.ts';

/** Blobs of a repository that were found to be present; a larger repository looks some up again. */
const MAX_REMEMBERED = 100_000;

/** Checks that every manifest of a repository is there, with the blobs that it names. */
@injectable()
export class ManifestCheck {
  readonly #revisions: RevisionStore;
  readonly #blobs: BlobStore;
  readonly #links: LinkInspector;

  constructor(
    @inject(RevisionStore) revisions: RevisionStore,
    @inject(BlobStore) blobs: BlobStore,
    @inject(LinkInspector) links: LinkInspector,
  ) {
    this.#revisions = revisions;
    this.#blobs = blobs;
    this.#links = links;
  }

  /** Each blob is reported once, with the first manifest that names it. Two driver calls for each, and for a manifest. */
  async *check(name: RepositoryName, run: LinkRun): AsyncGenerator<ScrubFinding, void, undefined> {
    const seen = new Set<string>();
    const check = async (digest: Digest): Promise<readonly ScrubFinding[]> => {
      const broken = await this.#mendLink(name, digest, run);
      if (broken !== undefined)
        return broken.action === 'none' ? [broken] : [broken, ...(await this.#blobsOf(name, digest, seen))];
      return this.#blobsOf(name, digest, seen);
    };
    const placeOf = (digest: Digest) => ({ repository: name, digest });
    yield* checkEach(this.#revisions.list(name), { check, placeOf }, { run, place: { repository: name } });
  }

  /** A link that says nothing is written again if the content is there: its folder names the manifest. */
  async #mendLink(name: RepositoryName, digest: Digest, { dryRun }: LinkRun): Promise<ScrubFinding | undefined> {
    const state = await this.#links.revision(name, digest);
    if (state === 'absent' || (state !== 'broken' && state.digest === digest)) return undefined;
    const found = { code: 'manifest-link-broken', repository: name, digest } as const;
    if (dryRun || (await this.#read(digest)) === undefined) return { ...found, action: 'none' };
    await this.#links.mendRevision(name, digest);
    return { ...found, action: 'mended' };
  }

  async #blobsOf(name: RepositoryName, digest: Digest, seen: Set<string>): Promise<readonly ScrubFinding[]> {
    const bytes = await this.#read(digest);
    // A delete leaves a folder without a link, or removes the link while this looks.
    if (bytes === undefined) {
      const isLinked = await this.#revisions.has(name, digest);
      return isLinked ? [{ code: 'manifest-missing', action: 'none', repository: name, digest }] : [];
    }
    const findings: ScrubFinding[] = [];
    for (const blob of readStoredManifest(bytes).blobs) {
      const key = `${blob.digest} ${blob.size}`;
      if (seen.has(key) || isNonDistributable(blob.mediaType)) continue;
      if (seen.size < MAX_REMEMBERED) seen.add(key);
      const finding = await this.#checkBlob(name, digest, blob);
      if (finding !== undefined) findings.push(finding);
    }
    return findings;
  }

  async #checkBlob(
    name: RepositoryName,
    manifest: Digest,
    { digest, size }: Descriptor,
  ): Promise<ScrubFinding | undefined> {
    const found = await this.#blobs.find(name, digest);
    const place = { action: 'none', repository: name, manifest, digest } as const;
    if (found !== undefined) {
      if (found.size === size || size === 0) return undefined;
      const reason = `the manifest states ${size} bytes`;
      return { code: 'size-mismatch', ...place, size: found.size, reason };
    }
    // A manifest that is deleted meanwhile takes its blobs with it.
    return (await this.#revisions.has(name, manifest)) ? { code: 'blob-missing', ...place } : undefined;
  }

  /** The bytes of a manifest; `undefined` when they are missing or wrong. */
  async #read(digest: Digest): Promise<Buffer | undefined> {
    try {
      return await this.#revisions.read(digest);
    } catch (error) {
      if (error instanceof CorruptContentError) return undefined;
      throw error;
    }
  }
}
