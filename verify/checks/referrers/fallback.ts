import type { Bench } from '../../bench/bench.ts';
import { manifestPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import {
  ACCEPT,
  describeManifest,
  EMPTY_CONTENT,
  imageManifest,
  indexManifest,
  type Manifest,
} from '../../content/manifests.ts';
import { missingSubject } from '../../content/referrers.ts';
import { pushBlob, pushManifest, putManifest } from '../../content/set-up.ts';
import { expectBody, expectHeaderValue, expectStatus } from '../../expect.ts';
import { spec } from '../../sections.ts';

const BY_TAG = spec('Referrers Tag Schema');

/** The tag under which the referrers of a digest are found if the registry has no referrers API. */
function tagOf(digest: string): string {
  return digest.replace(':', '-');
}

/** A manifest that refers to a subject, with the index that a client writes for it. */
async function referred(bench: Bench): Promise<{ readonly tag: string; readonly index: Manifest }> {
  await pushBlob(bench, EMPTY_CONTENT);
  const subject = missingSubject();
  const referrer = await pushManifest(bench, imageManifest({ subject }));
  return { tag: tagOf(subject.digest), index: indexManifest({ manifests: [describeManifest(referrer)] }) };
}

/** Checks of the tag in which clients store referrers, and of the header that makes it unnecessary. */
export const REFERRER_TAGS: readonly Check[] = [
  {
    id: 'referrers/fallback-tag',
    title: 'an index under the tag of a digest is pushed, pulled, and replaced',
    level: 'MUST',
    group: 'referrers',
    ...BY_TAG,
    suffers: { clients: ['cosign', 'oras'], what: 'signatures cannot be stored without a referrers API' },
    needs: ['push'],
    run: async (bench) => {
      const { tag, index } = await referred(bench);
      for (const each of [index, indexManifest()]) {
        expectStatus(await putManifest(bench, each, { reference: tag }), 201);
        const read = await bench.get(manifestPath(bench.repository, tag), { headers: ACCEPT });
        expectStatus(read, 200);
        expectBody(read, each.bytes);
      }
    },
  },
  {
    id: 'referrers/fallback-tag-unknown',
    title: 'the tag of a digest that has no referrers is answered with 404',
    level: 'MUST',
    group: 'referrers',
    ...BY_TAG,
    suffers: { clients: ['cosign', 'oras'], what: 'the first signature of an image cannot be pushed' },
    needs: ['push'],
    run: async (bench) => {
      await pushBlob(bench, EMPTY_CONTENT);
      const tag = tagOf(missingSubject().digest);
      expectStatus(await bench.get(manifestPath(bench.repository, tag), { headers: ACCEPT }), 404);
    },
  },
  {
    id: 'referrers/subject-header-of-index',
    title: 'the answer to an index with a subject has the digest of the subject in OCI-Subject',
    level: 'SHOULD',
    group: 'referrers',
    ...spec('Pushing Manifests with Subject'),
    suffers: { clients: ['oras'], what: 'a client writes a tag that nobody needs' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const subject = missingSubject();
      const answer = await putManifest(bench, indexManifest({ subject }));
      expectStatus(answer, 201);
      expectHeaderValue(answer, 'oci-subject', subject.digest);
    },
  },
];
