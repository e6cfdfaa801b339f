import type { Answer } from '../bench/answer.ts';
import type { Bench } from '../bench/bench.ts';
import { tagsPath } from '../bench/paths.ts';
import { expectObject, expectStatus, expectThat } from '../expect.ts';
import { describe, randomContent } from './content.ts';
import { EMPTY_CONTENT, IMAGE_LAYER, imageManifest } from './manifests.ts';
import { pushBlob, pushManifest } from './set-up.ts';

/** A separate repository in which these tags point at one manifest. @throws BlockedCheck */
export async function repositoryWithTags(bench: Bench, tags: readonly string[]): Promise<string> {
  const repository = bench.newRepository();
  const layer = await pushBlob(bench, randomContent(64), { repository });
  await pushBlob(bench, EMPTY_CONTENT, { repository });
  const manifest = imageManifest({ layers: [describe(layer, IMAGE_LAYER)] });
  for (const tag of tags) await pushManifest(bench, manifest, { repository, tag });
  return repository;
}

/** A list of tags. @throws CheckFailure unless the answer is 200 with a list */
export async function listTags(
  bench: Bench,
  repository: string,
  query: Readonly<Record<string, string>> = {},
): Promise<{ readonly answer: Answer; readonly tags: readonly string[] }> {
  const answer = await bench.get(tagsPath(repository, query));
  expectStatus(answer, 200);
  return { answer, tags: tagsIn(answer) };
}

/** The tags of an answer. @throws CheckFailure unless there is a list of strings */
export function tagsIn(answer: Answer): readonly string[] {
  const { tags } = expectObject(answer);
  expectThat(
    answer,
    Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'),
    '"tags" is not a list of strings',
  );
  return tags;
}
