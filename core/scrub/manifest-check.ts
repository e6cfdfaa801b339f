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
import { ContentRepairer } from './content-repairer.ts';
import type { ContentPlace } from './content-source.ts';
import type { ScrubFinding } from './finding.ts';

/** Blobs of a repository that were found to be present; a larger repository looks some up again. */
const MAX_REMEMBERED = 100_000;

/** A manifest that was read, and what was seen of its repository until then. */
interface ReadManifest {
  readonly name: RepositoryName;
  readonly digest: Digest;
  readonly bytes: Buffer;
  readonly seen: Set<string>;
}

/** A blob, or another manifest, that a manifest of a repository names. */
interface NamedContent {
  readonly name: RepositoryName;
  readonly manifest: Digest;
  readonly named: Descriptor;
}

/**
 * Checks that every manifest of a repository is there, with the blobs that it names, and repairs what another copy has.
 */
@injectable()
export class ManifestCheck {
  readonly #revisions: RevisionStore;
  readonly #blobs: BlobStore;
  readonly #links: LinkInspector;
  readonly #repairer: ContentRepairer;

  constructor(
    @inject(RevisionStore) revisions: RevisionStore,
    @inject(BlobStore) blobs: BlobStore,
    @inject(LinkInspector) links: LinkInspector,
    @inject(ContentRepairer) repairer: ContentRepairer,
  ) {
    this.#revisions = revisions;
    this.#blobs = blobs;
    this.#links = links;
    this.#repairer = repairer;
  }

  /**
   * Each blob is reported once, with the first manifest that names it. Two driver calls for each, for a manifest, and for
   * one that an index lists.
   */
  async *check(name: RepositoryName, run: LinkRun): AsyncGenerator<ScrubFinding, void, undefined> {
    const seen = new Set<string>();
    const check = async (digest: Digest): Promise<readonly ScrubFinding[]> => {
      const broken = await this.#mendLink(name, digest, run);
      if (broken?.action === 'none') return [broken];
      const { bytes, missing } = await this.#readOrRepair(name, digest, run);
      const own = [broken, missing].filter((finding) => finding !== undefined);
      return bytes === undefined ? own : [...own, ...(await this.#checkBlobs({ name, digest, bytes, seen }, run))];
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

  /** The bytes of a manifest, and a finding if the repository has the manifest and they were missing. */
  async #readOrRepair(
    name: RepositoryName,
    digest: Digest,
    run: LinkRun,
  ): Promise<{ readonly bytes?: Buffer | undefined; readonly missing?: ScrubFinding }> {
    const bytes = await this.#read(digest);
    if (bytes !== undefined) return { bytes };
    // A delete leaves a folder without a link, or removes the link while this looks.
    if (!(await this.#revisions.has(name, digest))) return {};
    const repaired = await this.#repair(digest, run, { repository: name, kind: 'manifest' });
    const missing = { code: 'manifest-missing', repository: name, digest, ...repaired } as const;
    return { missing, ...(repaired.action === 'repaired' && { bytes: await this.#read(digest) }) };
  }

  async #checkBlobs({ name, digest, bytes, seen }: ReadManifest, run: LinkRun): Promise<readonly ScrubFinding[]> {
    const findings: ScrubFinding[] = [];
    const note = (finding: ScrubFinding | undefined): void => void (finding && findings.push(finding));
    const isNew = (named: Descriptor, role: string): boolean => {
      const key = `${role} ${named.digest} ${named.size}`;
      if (seen.has(key) || isNonDistributable(named.mediaType)) return false;
      if (seen.size < MAX_REMEMBERED) seen.add(key);
      return true;
    };
    const { blobs, children } = readStoredManifest(bytes);
    for (const named of blobs)
      if (isNew(named, 'blob')) note(await this.#checkBlob({ name, manifest: digest, named }, run));
    for (const named of children)
      if (isNew(named, 'child')) note(await this.#checkChild({ name, manifest: digest, named }));
    return findings;
  }

  /** A manifest that an index lists may be absent, but has one size. */
  async #checkChild({ name, manifest, named }: NamedContent): Promise<ScrubFinding | undefined> {
    const { digest, size } = named;
    if (size === 0 || !(await this.#revisions.has(name, digest))) return undefined;
    const stored = await this.#blobs.size(digest);
    return stored === undefined || stored === size ? undefined : sizeMismatch({ name, manifest, named }, stored);
  }

  async #checkBlob({ name, manifest, named }: NamedContent, run: LinkRun): Promise<ScrubFinding | undefined> {
    const { digest, size } = named;
    const found = await this.#blobs.find(name, digest);
    const place = { repository: name, manifest, digest } as const;
    if (found !== undefined) {
      if (found.size === size || size === 0) return undefined;
      return sizeMismatch({ name, manifest, named }, found.size);
    }
    // A manifest that is deleted meanwhile takes its blobs with it.
    if (!(await this.#revisions.has(name, manifest))) return undefined;
    const link = await this.#links.layer(name, digest);
    const isLinked = link !== 'absent' && link !== 'broken';
    // Without a link the blob may have been deleted from the repository on purpose.
    const repaired = isLinked
      ? await this.#repair(link.digest, run, { repository: name, kind: 'blob', ...(size > 0 && { size }) })
      : { action: 'none' as const };
    return { code: 'blob-missing', ...place, ...repaired };
  }

  async #repair(digest: Digest, run: LinkRun, place: ContentPlace): Promise<Pick<ScrubFinding, 'action' | 'reason'>> {
    const repair = run.dryRun ? undefined : await this.#repairer.repair(digest, run, place);
    if (repair === undefined) return { action: 'none' };
    return { action: repair.isRepaired ? 'repaired' : 'none', reason: repair.reason };
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

function sizeMismatch({ name, manifest, named: { digest, size: stated } }: NamedContent, size: number): ScrubFinding {
  const reason = `the manifest states ${stated} bytes`;
  return { code: 'size-mismatch', action: 'none', repository: name, manifest, digest, size, reason };
}
