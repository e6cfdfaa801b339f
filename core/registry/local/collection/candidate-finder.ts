import { mapConcurrently } from '../../../async/concurrency.ts';
import { inject, injectable } from '../../../di.ts';
import { algorithmOf, CANONICAL_ALGORITHM, type Digest } from '../../../digest/digest.ts';
import type { FileInfo } from '../../../driver/index.ts';
import type { RepositoryName } from '../../../model/reference.ts';
import { partBefore } from '../../../scrub/walk-estimate.ts';
import { DigestSet } from '../../../storage/collection/digest-set.ts';
import { Inventory } from '../../../storage/collection/inventory.ts';
import { RepositoryStore } from '../../../storage/repository-store.ts';
import { UploadStore } from '../../../storage/upload-store.ts';
import type { Candidates, RepositoryManifest } from './candidates.ts';
import { type OnPart, stageOf } from './part-of.ts';
import { type ManifestsRead, type MarkOptions, RepositoryMarker } from './repository-marker.ts';
import type { UntaggedRevision } from './untagged-revision.ts';
import type { UntaggedTimes } from './untagged-times.ts';

const CONCURRENCY = 32;
/** What part of the time of a search has passed when everything is marked, and when all links were looked at. */
const MARKED = 0.6;
const LINKS_FOUND = 0.8;
/** About 200 bytes each. More garbage is left to the next collection of the same run. */
const MAX_CANDIDATES = 200_000;

/** What may be removed, and how a search for it runs. */
export interface SearchOptions {
  /** Content, links and manifests that are younger stay, in milliseconds. */
  readonly graceMs: number;
  /** Whether manifests may go that no tag leads to. */
  readonly deletesUntagged: boolean;
  /** How long such manifests stay; then `deletesUntagged` is true. Absent: not at all. */
  readonly untagged?: Pick<UntaggedTimes, 'afterMs' | 'stays' | 'end' | 'endAll'> | undefined;
  readonly signal: AbortSignal;
  readonly onStep: OnPart;
}

/** A manifest that nothing keeps. */
export type UntaggedMark = RepositoryManifest & UntaggedRevision;

/** Everything that manifests need, and those manifests. */
export interface Marks {
  readonly live: DigestSet;
  readonly untagged: readonly UntaggedMark[];
  /** Manifests that have a folder in their repository and no link, or a torn one. */
  readonly absent: readonly RepositoryManifest[];
  readonly repositories: number;
  readonly manifests: number;
  /** The names of repositories that keep everything; see `MarkedRepository.isUnclear`. */
  readonly unclear: readonly RepositoryName[];
}

/** The result of a search. */
export interface Found extends Candidates {
  readonly marks: Marks;
  /** The number of blobs and manifests that are stored. */
  readonly contents: number;
  /** The number of links to layers that nothing needs. */
  readonly links: number;
  /** The number of contents that nothing needs and that are too young. */
  readonly young: number;
}

/** Finds what no manifest needs. Changes no content; the registry may be running. */
@injectable()
export class CandidateFinder {
  readonly #inventory: Inventory;
  readonly #repositories: RepositoryStore;
  readonly #marker: RepositoryMarker;
  readonly #uploads: UploadStore;

  constructor(
    @inject(Inventory) inventory: Inventory,
    @inject(RepositoryStore) repositories: RepositoryStore,
    @inject(RepositoryMarker) marker: RepositoryMarker,
    @inject(UploadStore) uploads: UploadStore,
  ) {
    this.#inventory = inventory;
    this.#repositories = repositories;
    this.#marker = marker;
    this.#uploads = uploads;
  }

  /**
   * Marks what all manifests need, that were stored before the call.
   * @param marked what is known before
   */
  async mark(
    { graceMs, deletesUntagged, untagged: times, signal, onStep }: SearchOptions,
    { live = new DigestSet(), read, isMarked, keeps, onMarked }: Marked = {},
  ): Promise<Marks> {
    let [repositories, manifests, part] = [0, 0, 0];
    const untagged: UntaggedMark[] = [];
    const absent: RepositoryManifest[] = [];
    const unclear: RepositoryName[] = [];
    const onPart = (now: number): void => {
      part = now;
    };
    for await (const name of this.#repositories.walkAll(undefined, onPart)) {
      const found = await this.#marker.mark(name, {
        live,
        read,
        isMarked,
        signal,
        onStep: () => onStep(part),
        ...(deletesUntagged &&
          (times === undefined || times.afterMs(name) !== undefined) && {
            keepsUntagged: async (digest) => {
              const link = await this.#inventory.revisionLink(name, digest);
              const stays = await keeps?.({ name, digest }, link?.modifiedAt.getTime() ?? 0);
              return isYoung(link, graceMs) || stays === true;
            },
          }),
      });
      await onMarked?.(name);
      if (found.isUnclear) unclear.push(name);
      for (const each of found.untagged.slice(0, MAX_CANDIDATES - untagged.length)) untagged.push({ ...each, name });
      for (const digest of found.absent.slice(0, MAX_CANDIDATES - absent.length)) absent.push({ name, digest });
      manifests += found.manifests;
      repositories += 1;
      onStep(part);
    }
    await this.markDeleted(live, { signal, onStep: () => onStep(1) });
    return { live, untagged, absent, repositories, manifests, unclear };
  }

  /** Marks what manifests need that were deleted before the call and can come back. */
  async markDeleted(
    live: DigestSet,
    { signal, onStep }: { readonly signal: AbortSignal; readonly onStep: () => void },
  ): Promise<void> {
    await this.#marker.markDeleted({ live, signal, onStep });
  }

  /** Marks, and lists everything else that is old enough. */
  async find(options: SearchOptions, read: ManifestsRead): Promise<Found> {
    const { deletesUntagged, untagged: times, onStep } = options;
    const marked = deletesUntagged
      ? times && { keeps: times.stays.bind(times), onMarked: times.end.bind(times) }
      : { read };
    const marks = await this.mark({ ...options, onStep: stageOf(onStep, 0, MARKED) }, marked);
    await times?.endAll();
    const remains = await this.#findRemains(marks, options);
    const sizes = new Map<Digest, number | undefined>();
    const { links, youngLinks } = await this.#findLinks(sizes, marks, {
      ...options,
      onStep: stageOf(onStep, MARKED, LINKS_FOUND),
    });
    const { contents, young, isCut } = await this.#findContent(sizes, marks, {
      ...options,
      onStep: stageOf(onStep, LINKS_FOUND, 1),
    });
    return { marks, sizes, untagged: marks.untagged, remains, links, contents, young: young + youngLinks, isCut };
  }

  /** The deleted manifests that have left something old behind. */
  async #findRemains(
    { absent }: Marks,
    { graceMs, signal, onStep }: SearchOptions,
  ): Promise<readonly RepositoryManifest[]> {
    const hasRemains = await mapConcurrently(absent, CONCURRENCY, async ({ name, digest }) => {
      signal.throwIfAborted();
      onStep(MARKED);
      const files = await this.#inventory.remains(name, digest);
      return files.length > 0 && !files.some((file) => isYoung(file, graceMs));
    });
    return absent.filter((_manifest, index) => hasRemains[index]);
  }

  /** Adds the digests that old links name and no manifest needs. A young link protects the content. */
  async #findLinks(
    sizes: Map<Digest, number | undefined>,
    { live }: Marks,
    { graceMs, signal, onStep }: SearchOptions,
  ): Promise<{ links: number; youngLinks: number }> {
    let [links, youngLinks, part] = [0, 0, 0];
    const onPart = (now: number): void => {
      part = now;
    };
    for await (const name of this.#repositories.walkAll(undefined, onPart)) {
      let oldestUpload: Promise<number> | undefined;
      for await (const group of this.#inventory.layers(name)) {
        onStep(part);
        signal.throwIfAborted();
        const others = group.filter((digest) => !live.has(digest));
        await mapConcurrently(others, CONCURRENCY, async (digest) => {
          const target = await this.#targetOf(name, digest);
          if (target === undefined || (target !== digest && live.has(target))) return;
          const link = await this.#inventory.layerLink(name, digest);
          if (link === undefined) return;
          oldestUpload ??= this.#oldestUpload(name);
          if (isYoung(link, graceMs) || link.modifiedAt.getTime() > (await oldestUpload) - graceMs) {
            if (!live.has(target)) youngLinks += 1;
            for (const each of [digest, target]) live.add(each);
            return;
          }
          links += 1;
          if (sizes.size < MAX_CANDIDATES) for (const each of [digest, target]) sizes.set(each, undefined);
        });
      }
    }
    for (const digest of sizes.keys()) if (live.has(digest)) sizes.delete(digest);
    return { links, youngLinks };
  }

  async #findContent(
    sizes: Map<Digest, number | undefined>,
    { live }: Marks,
    { graceMs, signal, onStep }: SearchOptions,
  ): Promise<{ contents: number; young: number; isCut: boolean }> {
    let [contents, young, isCut] = [0, 0, sizes.size >= MAX_CANDIDATES];
    let part = 0;
    for await (const group of this.#inventory.blobs()) {
      const [first] = group;
      // Another algorithm begins anew.
      if (first !== undefined) part = Math.max(part, partBefore(first));
      onStep(part);
      signal.throwIfAborted();
      contents += group.length;
      const others = group.filter((digest) => !live.has(digest));
      await mapConcurrently(others, CONCURRENCY, async (digest) => {
        const content = await this.#inventory.content(digest);
        if (content === undefined) return;
        if (isYoung(content, graceMs)) {
          young += 1;
          sizes.delete(digest);
        } else if (sizes.size < MAX_CANDIDATES || sizes.has(digest)) sizes.set(digest, content.size);
        else isCut = true;
      });
    }
    return { contents, young, isCut };
  }

  /** What a link names; a link to a digest by the usual algorithm names that one. */
  async #targetOf(name: RepositoryName, digest: Digest): Promise<Digest | undefined> {
    return algorithmOf(digest) === CANONICAL_ALGORITHM ? digest : this.#inventory.layerTarget(name, digest);
  }

  /** When the oldest upload of the repository began, in milliseconds since 1970: its client may rely on what it pushed. */
  async #oldestUpload(name: RepositoryName): Promise<number> {
    const starts = await mapConcurrently(await this.#uploads.ids(name), CONCURRENCY, (id) =>
      this.#uploads.startedAt(name, id),
    );
    return Math.min(...starts.map((start) => start?.getTime() ?? Number.POSITIVE_INFINITY));
  }
}

/** What is known before a marking. */
interface Marked {
  readonly live?: DigestSet;
  readonly read?: ManifestsRead | undefined;
  /** See {@link MarkOptions.isMarked}. */
  readonly isMarked?: MarkOptions['isMarked'];
  /** Whether an old manifest stays although no tag leads to it; `pushedAtMs` is when its link was last written. */
  readonly keeps?: (manifest: RepositoryManifest, pushedAtMs: number) => Promise<boolean>;
  /** Called after each repository. */
  readonly onMarked?: (name: RepositoryName) => Promise<void>;
}

/** Whether a file changed less than `graceMs` ago; one with a time in the future, by another clock, is young. */
export function isYoung(file: FileInfo | undefined, graceMs: number): boolean {
  return file !== undefined && Date.now() - file.modifiedAt.getTime() < graceMs;
}
