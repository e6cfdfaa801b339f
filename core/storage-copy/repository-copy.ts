import { mapConcurrently } from '../async/concurrency.ts';
import { inOrder } from '../async/in-order.ts';
import { contentAlgorithms, type Digest, digestAlgorithms, isDigest } from '../digest/digest.ts';
import type { StoragePath } from '../driver/index.ts';
import type { RepositoryName } from '../model/reference.ts';
import { LookupMoment } from '../storage/collection/lookup-moment.ts';
import { deleteIfPresent } from '../storage/small-files.ts';
import type { ContentCopy, ContentState } from './content-copy.ts';
import type { CopySession } from './copy-session.ts';
import type { CopySide } from './copy-side.ts';
import { type MergedName, mergedNames } from './merged-names.ts';
import { TagCopy, type TagsState } from './tag-copy.ts';
import { TargetGuard } from './target-guard.ts';
import type { TreeCopy } from './tree-copy.ts';

/** The folders of a repository that are copied by their meaning, or not at all. */
const KNOWN_FOLDERS = ['_layers', '_manifests', '_uploads'];
const KNOWN_MANIFEST_FOLDERS = ['revisions', 'tags'];

/** What a repository is copied with. */
export interface RepositoryCopyDependencies {
  readonly source: CopySide;
  readonly target: CopySide;
  readonly content: ContentCopy;
  readonly trees: TreeCopy;
}

/**
 * Copies the links of repositories. Pushes write bytes, then links to blobs, then manifests, then tags. So it lists in
 * the other order, tags first, and copies in the order of a push: whatever a tag or manifest needs was there when it was
 * listed, and gets to the target before it. At each moment the target is a registry without a dangling reference.
 */
export class RepositoryCopy {
  readonly #source: CopySide;
  readonly #target: CopySide;
  readonly #content: ContentCopy;
  readonly #trees: TreeCopy;
  readonly #tags: TagCopy;
  readonly #session: CopySession;
  readonly #guard: TargetGuard;
  /** The blobs and manifests that were linked into the repository that is being copied. */
  #linked = new Set<Digest>();

  constructor(dependencies: RepositoryCopyDependencies, session: CopySession) {
    const { source, target, content, trees } = dependencies;
    this.#source = source;
    this.#target = target;
    this.#content = content;
    this.#trees = trees;
    this.#tags = new TagCopy({ source, target, trees }, session);
    this.#session = session;
    this.#guard = new TargetGuard(target.guard, session.options);
  }

  /**
   * Copies everything of a repository but uploads. What changes meanwhile is left to the next pass. If it takes long, it
   * looks again at what it relied on, as a push does: a collection of the target may have removed it before manifests
   * needed it. A collection that begins later finds the manifests.
   */
  async copy(name: RepositoryName): Promise<void> {
    const { counts, options } = this.#session;
    const moment = new LookupMoment();
    const before = counts.copiedFiles + counts.copiedTags;
    this.#linked = new Set();
    let state = await this.#copyOnce(name);
    const hasWritten = !options.dryRun && counts.copiedFiles + counts.copiedTags > before;
    if (hasWritten && moment.isLate) state = await this.#copyOnce(name);
    if (state === 'changed') counts.changedMeanwhile += 1;
  }

  async #copyOnce(name: RepositoryName): Promise<TagsState> {
    const { deletes } = this.#session.options;
    const { paths } = this.#source;
    if (await this.#source.inventory.hasUnknownDigests(name))
      this.#session.note({ code: 'algorithm-unknown', action: 'none', repository: name });
    const tags = await this.#tags.listed(name);
    const revisions = await this.#sourceRevisions(name);
    const surplusLayers = await this.#copyLayers(name);
    const damaged = await this.#copyRevisions(name, revisions);
    await this.#trees.copy(paths.repository(name), (child) => !child.startsWith('_') || KNOWN_FOLDERS.includes(child));
    await this.#trees.copy(paths.manifests(name), (child) => KNOWN_MANIFEST_FOLDERS.includes(child));
    const listed = new Set(revisions);
    const state = await this.#tags.copy(name, tags, { listed, damaged });
    if (deletes) await this.#tags.removeOthers(name, new Set(tags.keys()));
    // A tag of the target may still need what the source has just removed, or has damaged.
    if (deletes && state === 'copied') await this.#removeOthers(name, listed, surplusLayers);
    return state;
  }

  async #sourceRevisions(name: RepositoryName): Promise<readonly Digest[]> {
    const digests: Digest[] = [];
    for (const algorithm of contentAlgorithms().sort())
      for await (const hex of this.#source.links.folders(this.#source.paths.revisions(name, algorithm))) {
        const digest = `${algorithm}:${hex}`;
        if (isDigest(digest)) digests.push(digest);
      }
    return digests;
  }

  /** @returns what only the target has */
  async #copyLayers(name: RepositoryName): Promise<readonly Digest[]> {
    const surplus: Digest[] = [];
    const { concurrency: limit, verifies } = this.#session.options;
    // A blob may have a second name by an algorithm under which no content is stored.
    for (const algorithm of digestAlgorithms().sort()) {
      const folder = this.#source.paths.layers(name, algorithm);
      const names = mergedNames(this.#source.links.folders(folder), this.#target.links.folders(folder));
      const action = async ({ name: hex, isInSource, isInTarget }: MergedName): Promise<void> => {
        const digest = `${algorithm}:${hex}`;
        if (!isDigest(digest)) return;
        if (!isInSource) surplus.push(digest);
        else if (!isInTarget || verifies || !(await this.#isLayerCertain(name, digest)))
          await this.#copyLayer(name, digest);
      };
      await inOrder(names, { limit, action }, async () => undefined);
    }
    return surplus;
  }

  /**
   * Whether the target has the link of a folder, and content for it, which a collection cannot be removing. A kill or a
   * collection leaves a folder without the link. Content may be gone that was only just linked.
   */
  async #isLayerCertain(name: RepositoryName, digest: Digest): Promise<boolean> {
    const { driver, links, paths } = this.#target;
    if (this.#linked.has(digest) || (await this.#guard.isCandidate(digest))) return false;
    // The link is the only file of such a folder.
    if (driver.capabilities.hidesEmptyFolders === true) return true;
    return (await links.read(paths.layerLink(name, digest))) !== undefined;
  }

  async #copyLayer(name: RepositoryName, digest: Digest): Promise<void> {
    const path = this.#source.paths.layerLink(name, digest);
    await this.#guard.keep(digest);
    // The link may name another digest of the same bytes.
    const content = await this.#source.readLink(path);
    if (content === undefined) {
      const isBroken = await this.#source.links.exists(path);
      if (isBroken) this.#session.note({ code: 'layer-link-broken', action: 'none', repository: name, digest });
      return;
    }
    const state = await this.#content.ensure(content);
    if (state === 'missing')
      this.#session.note({ code: 'layer-link-dangling', action: 'none', repository: name, digest });
    if (state !== 'there') return;
    await this.#writeLink(path, content);
    this.#linked.add(digest);
  }

  /** @returns those that cannot be copied, because their bytes are wrong, unreadable or missing */
  async #copyRevisions(name: RepositoryName, digests: readonly Digest[]): Promise<ReadonlySet<Digest>> {
    const { concurrency, verifies } = this.#session.options;
    const inTarget = new Set<Digest>();
    for (const algorithm of contentAlgorithms())
      for await (const hex of this.#target.links.folders(this.#target.paths.revisions(name, algorithm)))
        inTarget.add(`${algorithm}:${hex}` as Digest);
    const { links, paths } = this.#target;
    // The folder of a manifest that a kill has left may have signatures and no link.
    const isCertain = await mapConcurrently(digests, concurrency, async (digest) => {
      if (!inTarget.has(digest) || this.#linked.has(digest) || (await this.#guard.isCandidate(digest))) return false;
      return (await links.read(paths.revisionLink(name, digest))) === digest;
    });
    const wanted = digests.filter((_, index) => verifies || isCertain[index] !== true);
    const states = await mapConcurrently(wanted, concurrency, (digest) => this.#copyRevision(name, digest));
    // A push stores the link and the bytes of a manifest at the same time, so they are looked for twice.
    const late = wanted.filter((_, index) => states[index] === 'missing');
    const damaged = new Set(wanted.filter((_, index) => states[index] === 'wrong' || states[index] === 'unreadable'));
    await mapConcurrently(late, concurrency, async (digest) => {
      const state = await this.#copyRevision(name, digest);
      if (state !== 'there') damaged.add(digest);
      if (state === 'missing')
        this.#session.note({ code: 'manifest-missing', action: 'none', repository: name, digest });
    });
    return damaged;
  }

  async #copyRevision(name: RepositoryName, digest: Digest): Promise<ContentState> {
    const { paths } = this.#source;
    const path = paths.revisionLink(name, digest);
    // Read after the links to blobs were listed: a manifest that is still there has kept all of its blobs until then.
    const link = await this.#source.readLink(path);
    if (link !== digest) {
      // Without a link it was removed meanwhile, or a crash has left the folder.
      const isBroken = link !== undefined || (await this.#source.links.exists(path));
      if (isBroken) this.#session.note({ code: 'manifest-link-broken', action: 'none', repository: name, digest });
      return 'there';
    }
    const state = await this.#content.ensure(digest);
    if (state !== 'there') return state;
    await this.#copySignatures(name, digest);
    await this.#writeLink(path, digest);
    this.#linked.add(digest);
    return state;
  }

  async #copySignatures(name: RepositoryName, revision: Digest): Promise<void> {
    const { paths, links } = this.#source;
    for (const algorithm of contentAlgorithms())
      for await (const hex of links.folders(paths.signatures(name, revision, algorithm))) {
        const signature = `${algorithm}:${hex}`;
        if (!isDigest(signature)) continue;
        const path = paths.signatureLink(name, revision, signature);
        const named = await this.#source.readLink(path);
        if (named !== undefined && (await this.#content.ensure(named)) === 'there') await this.#writeLink(path, named);
      }
  }

  async #writeLink(path: StoragePath, digest: Digest): Promise<void> {
    const { options, counts } = this.#session;
    const isUncertain = options.verifies || this.#linked.has(digest) || (await this.#guard.isCandidate(digest));
    const read = (): Promise<Digest | undefined> => this.#target.links.read(path);
    if (isUncertain && (await this.#guard.find(digest, path, read)) === digest) return;
    counts.copiedFiles += 1;
    if (!options.dryRun) await this.#target.links.write(path, digest);
  }

  /** Removes manifests and links to blobs, in this order, that neither storage needs. */
  async #removeOthers(
    name: RepositoryName,
    kept: ReadonlySet<Digest>,
    surplusLayers: readonly Digest[],
  ): Promise<void> {
    const { paths, links } = this.#target;
    const { dryRun, concurrency } = this.#session.options;
    for (const algorithm of contentAlgorithms()) {
      const removed: Digest[] = [];
      for await (const hex of links.folders(paths.revisions(name, algorithm))) {
        const digest = `${algorithm}:${hex}`;
        if (isDigest(digest) && !kept.has(digest)) removed.push(digest);
      }
      await mapConcurrently(removed, concurrency, async (digest) => {
        if ((await this.#source.readLink(paths.revisionLink(name, digest))) !== undefined) return;
        this.#session.counts.removedManifests += 1;
        if (!dryRun) await deleteIfPresent(this.#target.driver, paths.revisionFolder(name, digest));
      });
    }
    await mapConcurrently(surplusLayers, concurrency, async (digest) => {
      if ((await this.#source.readLink(paths.layerLink(name, digest))) !== undefined) return;
      this.#session.counts.removedFiles += 1;
      if (!dryRun) await deleteIfPresent(this.#target.driver, paths.layerFolder(name, digest));
    });
    if (!dryRun) await links.prune(paths.repository(name));
  }
}
