import type { Answer } from '../../bench/answer.ts';
import type { Bench } from '../../bench/bench.ts';
import { manifestPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { randomTag } from '../../content/content.ts';
import { ACCEPT, EMPTY_CONTENT, imageManifest } from '../../content/manifests.ts';
import { pushBlob } from '../../content/set-up.ts';
import { expectHeader, expectHeaderValue, expectStatus, expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';

const PUSHING = spec('Pushing Manifests');

/** Pushes a manifest by its digest, with tags in the same request. */
async function pushWithTags(bench: Bench, tags: readonly string[]): Promise<{ answer: Answer; digest: string }> {
  await pushBlob(bench, EMPTY_CONTENT);
  const { digest, bytes, mediaType } = imageManifest();
  const query = tags.map((tag) => `tag=${tag}`).join('&');
  const target = `${manifestPath(bench.repository, digest)}?${query}`;
  return { digest, answer: await bench.put(target, { headers: { 'content-type': mediaType }, body: bytes }) };
}

/** Checks of tags in the query of a push by digest (distribution-spec after 1.1). */
export const TAG_PARAMETERS: readonly Check[] = [
  {
    id: 'push/tag-parameters',
    title: 'a manifest pushed by digest gets the tags in the query',
    level: 'MAY',
    group: 'push',
    ...PUSHING,
    suffers: {
      clients: ['any client'],
      what: 'each tag costs one more request, and images with sha512 digests cannot be tagged',
    },
    run: async (bench) => {
      const tags = [randomTag('a'), randomTag('b')];
      const { answer, digest } = await pushWithTags(bench, tags);
      expectStatus(answer, 201);
      for (const tag of tags) {
        const read = await bench.head(manifestPath(bench.repository, tag), { headers: ACCEPT });
        expectStatus(read, 200);
        expectHeaderValue(read, 'docker-content-digest', digest);
      }
    },
  },
  {
    id: 'push/tag-parameters-listed',
    title: 'a registry that sets the tags in the query lists them in OCI-Tag',
    level: 'MUST',
    group: 'push',
    ...PUSHING,
    suffers: { clients: ['any client'], what: 'a client cannot tell whether its tags were set' },
    run: async (bench) => {
      const tags = [randomTag('a'), randomTag('b')];
      const { answer } = await pushWithTags(bench, tags);
      const [first = ''] = tags;
      const read = await bench.head(manifestPath(bench.repository, first), { headers: ACCEPT });
      if (read.status !== 200) throw new SkippedCheck('the registry does not set tags in the query');
      const listed = expectHeader(answer, 'oci-tag')
        .split(',')
        .map((tag) => tag.trim());
      expectThat(
        answer,
        tags.every((tag) => listed.includes(tag)),
        `OCI-Tag is ${listed.join(', ')}`,
      );
    },
  },
];
