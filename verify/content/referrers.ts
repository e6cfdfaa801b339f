import type { Answer } from '../bench/answer.ts';
import type { Bench } from '../bench/bench.ts';
import { referrersPath } from '../bench/paths.ts';
import { expectObject, expectStatus, expectThat } from '../expect.ts';
import { type Descriptor, unknownDigest } from './content.ts';
import { EMPTY_CONTENT, IMAGE_MANIFEST, type ImageContents, imageManifest } from './manifests.ts';
import { type PushedManifest, pushBlob, pushManifest } from './set-up.ts';

/** An entry in a list of referrers. */
export interface Referrer extends Descriptor {
  readonly [member: string]: unknown;
}

/** The descriptor of a manifest that does not exist, to use as a subject. */
export function missingSubject(): Descriptor {
  return { mediaType: IMAGE_MANIFEST, digest: unknownDigest(), size: 1024 };
}

/** Pushes an artifact without layers that refers to a subject. @throws BlockedCheck */
export async function pushReferrer(
  bench: Bench,
  subject: Descriptor,
  {
    repository = bench.repository,
    tag,
    ...contents
  }: Omit<ImageContents, 'subject' | 'layers'> & { readonly repository?: string; readonly tag?: string } = {},
): Promise<PushedManifest> {
  await pushBlob(bench, EMPTY_CONTENT, { repository });
  return pushManifest(bench, imageManifest({ ...contents, subject }), { repository, tag });
}

/** Requests the first page of the referrers of a digest. @throws CheckFailure unless the answer is 200 with a list */
export async function listReferrers(
  bench: Bench,
  digest: string,
  { repository = bench.repository, ...query }: { readonly repository?: string; readonly artifactType?: string } = {},
): Promise<{ readonly answer: Answer; readonly referrers: readonly Referrer[] }> {
  const answer = await bench.get(referrersPath(repository, digest, query));
  expectStatus(answer, 200);
  return { answer, referrers: referrersIn(answer) };
}

/** The referrers of an answer. @throws CheckFailure unless there is a list of descriptors */
export function referrersIn(answer: Answer): readonly Referrer[] {
  const { manifests } = expectObject(answer);
  expectThat(answer, Array.isArray(manifests), '"manifests" is not a list');
  const entries: readonly unknown[] = manifests;
  expectThat(
    answer,
    entries.every((each) => typeof each === 'object' && each !== null && 'digest' in each),
    'an entry has no digest',
  );
  return entries as readonly Referrer[];
}

/** The entry of a digest. @throws CheckFailure unless there is exactly one */
export function expectReferrer(answer: Answer, digest: string): Referrer {
  const [found, ...more] = referrersIn(answer).filter((each) => each.digest === digest);
  expectThat(answer, found !== undefined, 'the referrer is not in the list');
  expectThat(answer, more.length === 0, `the referrer is in the list ${more.length + 1} times`);
  return found;
}
