import type { Digest } from '../../../../core/digest/digest.ts';
import { contentPath } from '../../../helpers/invariants/broken-rules.ts';
import type { StoredFiles } from '../../../helpers/invariants/stored-files.ts';

const ROOT = '/docker/registry/v2';
const LINK = new RegExp(`^${ROOT}/repositories/(.+)/(_layers|_manifests/revisions)/(sha256|sha512)/([0-9a-f]+)/link$`);
const TAG = new RegExp(`^${ROOT}/repositories/(.+)/_manifests/tags/[^/]+/current/link$`);
const BLOB = new RegExp(`^${ROOT}/blobs/(sha256|sha512)/[0-9a-f]{2}/([0-9a-f]+)/data$`);

interface Named {
  readonly config?: { readonly digest: Digest };
  readonly layers?: readonly { readonly digest: Digest }[];
  readonly manifests?: readonly { readonly digest: Digest }[];
  readonly fsLayers?: readonly { readonly blobSum: Digest }[];
  readonly subject?: { readonly digest: Digest };
}

/**
 * The paths that a collection must leave, sorted, by a search that is as simple as possible: it goes over everything
 * until nothing changes, and holds everything in memory.
 */
export function whatStays(
  files: StoredFiles,
  {
    deletesUntagged,
    isKept = () => false,
  }: {
    readonly deletesUntagged: boolean;
    /** Whether a manifest stays even without a tag. */
    readonly isKept?: (repository: string, digest: Digest) => boolean;
  },
): string[] {
  const read = (digest: string): Named | undefined => {
    const bytes = files.get(contentPath(digest as Digest));
    return bytes && (JSON.parse(bytes.toString()) as Named);
  };
  const revisions = [...files.keys()].flatMap((path) => {
    const [, repository, kind, algorithm, hex] = LINK.exec(path) ?? [];
    return kind === '_manifests/revisions' ? [{ path, repository, digest: `${algorithm}:${hex}` as Digest }] : [];
  });
  const roots = [...files].flatMap(([path, text]) => {
    const [, repository] = TAG.exec(path) ?? [];
    return repository === undefined ? [] : [{ repository, digest: text.toString() }];
  });
  const stays = new Set<string>();
  for (let size = -1; size < stays.size; ) {
    size = stays.size;
    for (const { path, repository, digest } of revisions) {
      const others = revisions.filter((other) => other.repository === repository && stays.has(other.path));
      const isTagged = roots.some((root) => root.repository === repository && root.digest === digest);
      const isChild = others.some((other) => read(other.digest)?.manifests?.some((child) => child.digest === digest));
      const refersToLive = others.some((other) => other.digest === read(digest)?.subject?.digest);
      // Nobody knows what a manifest without bytes needs.
      const isUnread = read(digest) === undefined;
      const isYoung = isKept(repository ?? '', digest);
      if (!deletesUntagged || isYoung || isTagged || isChild || refersToLive || isUnread) stays.add(path);
    }
  }
  const live = new Set<string>();
  for (const { path, digest } of revisions) {
    if (!stays.has(path)) continue;
    live.add(digest);
    const { config, layers = [], manifests = [], fsLayers = [] } = read(digest) ?? {};
    for (const named of [...(config ? [config] : []), ...layers, ...manifests]) live.add(named.digest);
    for (const { blobSum } of fsLayers) live.add(blobSum);
  }
  const isLeft = (path: string): boolean => {
    const [, , kind, algorithm, hex] = LINK.exec(path) ?? [];
    if (kind === '_manifests/revisions') return stays.has(path);
    if (kind === '_layers') return live.has(`${algorithm}:${hex}`);
    const [, blobAlgorithm, blobHex] = BLOB.exec(path) ?? [];
    return blobHex === undefined || live.has(`${blobAlgorithm}:${blobHex}`);
  };
  return [...files.keys()].filter(isLeft).sort();
}
