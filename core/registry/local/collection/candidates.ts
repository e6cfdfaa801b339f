import { type Digest, isDigest } from '../../../digest/digest.ts';
import { isRepositoryName, type RepositoryName } from '../../../model/reference.ts';

/** A manifest that no tag leads to. */
export interface UntaggedManifest {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

/** What a collection may remove. */
export interface Candidates {
  /** The sizes in bytes of content that nothing needs; `undefined` where only links name the digest. */
  readonly sizes: ReadonlyMap<Digest, number | undefined>;
  readonly untagged: readonly UntaggedManifest[];
  /** Whether there was more than a collection takes. */
  readonly isCut: boolean;
}

/** The digests of all candidates. */
export function candidateDigests({ sizes, untagged }: Candidates): ReadonlySet<Digest> {
  return new Set([...sizes.keys(), ...untagged.map(({ digest }) => digest)]);
}

/** The candidates as text, in pieces of many lines. */
export async function* formatCandidates({ sizes, untagged, isCut }: Candidates): AsyncGenerator<Buffer> {
  let lines: string[] = [`cut ${isCut}\n`];
  for (const [digest, size] of sizes) {
    lines.push(`content ${digest} ${size ?? ''}\n`);
    if (lines.length < 1000) continue;
    yield Buffer.from(lines.join(''), 'latin1');
    lines = [];
  }
  for (const { name, digest } of untagged) lines.push(`untagged ${digest} ${name}\n`);
  yield Buffer.from(lines.join(''), 'latin1');
}

/** Reads what {@link formatCandidates} wrote; lines that it did not write are omitted. */
export async function parseCandidates(lines: AsyncIterable<string>): Promise<Candidates> {
  const sizes = new Map<Digest, number | undefined>();
  const untagged: UntaggedManifest[] = [];
  let isCut = false;
  for await (const line of lines) {
    const [kind, digest = '', rest = ''] = line.split(' ');
    if (kind === 'cut') isCut = digest === 'true';
    if (!isDigest(digest)) continue;
    if (kind === 'content') sizes.set(digest, rest === '' ? undefined : Number(rest));
    if (kind === 'untagged' && isRepositoryName(rest)) untagged.push({ name: rest, digest });
  }
  return { sizes, untagged, isCut };
}
