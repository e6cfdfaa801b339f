import { type Digest, isDigest } from '../../../digest/digest.ts';
import { isRepositoryName, type RepositoryName } from '../../../model/reference.ts';

/** A manifest of a repository. */
export interface RepositoryManifest {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

/** What a collection may remove. */
export interface Candidates {
  /** The sizes in bytes of content that nothing needs; `undefined` where only links name the digest. */
  readonly sizes: ReadonlyMap<Digest, number | undefined>;
  /** Manifests that no tag leads to. */
  readonly untagged: readonly RepositoryManifest[];
  /** Manifests that their repository does not have, but that have left something behind. */
  readonly remains: readonly RepositoryManifest[];
  /** Whether there was more than a collection takes. */
  readonly isCut: boolean;
}

/** The digests of all candidates. */
export function candidateDigests({ sizes, untagged, remains }: Candidates): ReadonlySet<Digest> {
  return new Set([...sizes.keys(), ...[...untagged, ...remains].map(({ digest }) => digest)]);
}

/** The candidates as text, in pieces of many lines. */
export async function* formatCandidates({ sizes, untagged, remains, isCut }: Candidates): AsyncGenerator<Buffer> {
  let lines: string[] = [`cut ${isCut}\n`];
  for (const [digest, size] of sizes) {
    lines.push(`content ${digest} ${size ?? ''}\n`);
    if (lines.length < 1000) continue;
    yield Buffer.from(lines.join(''), 'latin1');
    lines = [];
  }
  for (const { name, digest } of untagged) lines.push(`untagged ${digest} ${name}\n`);
  for (const { name, digest } of remains) lines.push(`remains ${digest} ${name}\n`);
  yield Buffer.from(lines.join(''), 'latin1');
}

/** Reads what {@link formatCandidates} wrote; lines that it did not write are omitted. */
export async function parseCandidates(lines: AsyncIterable<string>): Promise<Candidates> {
  const sizes = new Map<Digest, number | undefined>();
  const untagged: RepositoryManifest[] = [];
  const remains: RepositoryManifest[] = [];
  let isCut = false;
  for await (const line of lines) {
    const [kind, digest = '', rest = ''] = line.split(' ');
    if (kind === 'cut') isCut = digest === 'true';
    if (!isDigest(digest)) continue;
    if (kind === 'content') sizes.set(digest, rest === '' ? undefined : Number(rest));
    if (kind === 'untagged' && isRepositoryName(rest)) untagged.push({ name: rest, digest });
    if (kind === 'remains' && isRepositoryName(rest)) remains.push({ name: rest, digest });
  }
  return { sizes, untagged, remains, isCut };
}
