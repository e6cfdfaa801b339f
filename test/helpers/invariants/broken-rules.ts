import { algorithmOf, type Digest, digestAlgorithms, digestOf, hexOf, isDigest } from '../../../core/digest/digest.ts';
import type { StoredFiles } from './stored-files.ts';

const ROOT = '/docker/registry/v2';
const ALGORITHMS = digestAlgorithms().join('|');
const BLOB = new RegExp(`^${ROOT}/blobs/(${ALGORITHMS})/([0-9a-f]{2})/([0-9a-f]+)/data$`);
const LAYER = new RegExp(`^${ROOT}/repositories/.+/_layers/(${ALGORITHMS})/([0-9a-f]+)/link$`);
const REVISION = new RegExp(`^${ROOT}/repositories/.+/_manifests/revisions/(${ALGORITHMS})/([0-9a-f]+)/link$`);
const CURRENT = new RegExp(`^(${ROOT}/repositories/.+/_manifests)/tags/[^/]+/current/link$`);
const HISTORY = new RegExp(`^${ROOT}/repositories/.+/_manifests/tags/[^/]+/index/(${ALGORITHMS})/([0-9a-f]+)/link$`);

/**
 * The rules for a registry's storage at any moment, after any crash, for any reader. Returns one sentence for each
 * violation:
 *
 * - content below `blobs` is exactly what its digest names;
 * - the current link of a tag names a revision of its repository, whose content is there. A revision without content is
 *   left by a crash in the middle of a push, and counts as absent;
 * - no link is torn: its text is a digest, and equals the one in its path if there is one.
 *
 * A layer link, too, may name content that is not there, because every reader looks for the content as well: such a
 * blob is not in the repository. The content of a pushed blob is checked by its bytes, see `lostPushes`.
 */
export function brokenRules(files: StoredFiles): string[] {
  const problems: string[] = [];
  for (const path of files.keys()) {
    const problem = brokenRule(files, path);
    if (problem !== undefined) problems.push(`${path}: ${problem}`);
  }
  return problems;
}

/** The problem with one file; `undefined` if there is none, or if no rule applies to it. */
export function brokenRule(files: StoredFiles, path: string): string | undefined {
  const blob = BLOB.exec(path);
  if (blob !== null) return brokenContent(files, path, `${blob[1]}:${blob[3]}`);
  const text = files.get(path)?.toString('latin1') ?? '';
  const own = REVISION.exec(path) ?? HISTORY.exec(path);
  if (own !== null && text !== `${own[1]}:${own[2]}`) return `says ${JSON.stringify(text)}`;
  if (LAYER.test(path)) return isDigest(text) ? undefined : `is torn: ${JSON.stringify(text)}`;
  const folder = CURRENT.exec(path)?.[1];
  if (folder === undefined) return undefined;
  return brokenLink(files, text, (digest) => revisionPath(folder, digest)) ?? brokenLink(files, text, contentPath);
}

function brokenContent(files: StoredFiles, path: string, digest: string): string | undefined {
  if (!isDigest(digest) || contentPath(digest) !== path) return 'is no place for content';
  const computed = digestOf(files.get(path) ?? Buffer.alloc(0), algorithmOf(digest));
  return computed === digest ? undefined : `holds ${computed}`;
}

function brokenLink(files: StoredFiles, text: string, pathOf: (digest: Digest) => string): string | undefined {
  if (!isDigest(text)) return `is torn: ${JSON.stringify(text)}`;
  return files.has(pathOf(text)) ? undefined : `names ${text}, and there is no ${pathOf(text)}`;
}

/** Where the content of `digest` is stored. */
export function contentPath(digest: Digest): string {
  const hex = hexOf(digest);
  return `${ROOT}/blobs/${algorithmOf(digest)}/${hex.slice(0, 2)}/${hex}/data`;
}

function revisionPath(manifests: string, digest: Digest): string {
  return `${manifests}/revisions/${algorithmOf(digest)}/${hexOf(digest)}/link`;
}
