import { manifestPath, referrersPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { unknownDigest } from '../../content/content.ts';
import { describeManifest, EMPTY_CONTENT, IMAGE_INDEX, imageManifest } from '../../content/manifests.ts';
import { nextPage } from '../../content/next-page.ts';
import { expectReferrer, listReferrers, missingSubject, pushReferrer, referrersIn } from '../../content/referrers.ts';
import { pushBlob, pushImage, pushManifest, requireStatus } from '../../content/set-up.ts';
import { expectHeaderValue, expectObject, expectStatus, expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';

const LISTING = spec('Listing Referrers');
const MANY = 30;

/** Checks of which referrers are listed. */
export const REFERRER_LISTS: readonly Check[] = [
  {
    id: 'referrers/listed',
    title: 'a manifest with a subject is listed as its referrer',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['cosign', 'oras'], what: 'a signed image seems to have no signature' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const image = await pushImage(bench);
      const { digest } = await pushReferrer(bench, describeManifest(image));
      const { answer } = await listReferrers(bench, image.digest);
      expectReferrer(answer, digest);
    },
  },
  {
    id: 'referrers/before-their-subject',
    title: 'a manifest pushed before its subject is listed',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['buildkit', 'oras'], what: 'a copy that begins with the signatures loses them' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      await pushBlob(bench, EMPTY_CONTENT);
      const subject = imageManifest();
      const { digest } = await pushReferrer(bench, describeManifest(subject));
      await pushManifest(bench, subject);
      const { answer } = await listReferrers(bench, subject.digest);
      expectReferrer(answer, digest);
    },
  },
  {
    id: 'referrers/content-type',
    title: 'a list of referrers has exactly the type of an index',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['oras', 'cosign'], what: 'they compare the whole header, and mistake the list for an error' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const { answer } = await listReferrers(bench, unknownDigest());
      expectHeaderValue(answer, 'content-type', IMAGE_INDEX);
    },
  },
  {
    id: 'referrers/is-an-index',
    title: 'a list of referrers is an index of schema version 2, with its media type',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['oras', 'cosign'], what: 'they cannot parse the list' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const { answer } = await listReferrers(bench, unknownDigest());
      const { schemaVersion, mediaType } = expectObject(answer);
      expectThat(answer, schemaVersion === 2, `"schemaVersion" is ${JSON.stringify(schemaVersion)}, not 2`);
      expectThat(answer, mediaType === IMAGE_INDEX, `"mediaType" is ${JSON.stringify(mediaType)}`);
    },
  },
  {
    id: 'referrers/none',
    title: 'a manifest without referrers, or one that does not exist, has an empty list',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['oras', 'cosign'], what: 'they conclude that the registry has no referrers API' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const { digest } = await pushImage(bench);
      for (const each of [digest, unknownDigest()]) {
        const { answer, referrers } = await listReferrers(bench, each);
        expectThat(answer, referrers.length === 0, `there are ${referrers.length} referrers`);
      }
    },
  },
  {
    id: 'referrers/unknown-repository',
    title: 'a repository that does not exist has an empty list of referrers',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['oras'], what: 'the first push of an artifact to a repository fails' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const answer = await bench.get(referrersPath(bench.newRepository(), unknownDigest()));
      expectStatus(answer, 200);
      expectThat(answer, referrersIn(answer).length === 0, 'the list is not empty');
    },
  },
  {
    id: 'referrers/malformed-digest',
    title: 'a request for the referrers of a malformed digest is rejected with 400',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['any client'], what: 'a mistyped digest looks like an image without signatures' },
    needs: ['push', 'referrers'],
    run: async (bench) => expectStatus(await bench.get(referrersPath(bench.repository, 'sha256:short')), 400),
  },
  {
    id: 'referrers/of-this-repository',
    title: 'referrers in another repository are not listed',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['cosign', 'oras'], what: 'they find a signature that they cannot pull, or may not see' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const subject = missingSubject();
      await pushReferrer(bench, subject, { repository: bench.newRepository() });
      await pushReferrer(bench, missingSubject());
      const { answer, referrers } = await listReferrers(bench, subject.digest);
      expectThat(answer, referrers.length === 0, `there are ${referrers.length} referrers`);
    },
  },
  {
    id: 'referrers/once',
    title: 'a referrer that is pushed twice and has a tag is listed once',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['cosign', 'oras'], what: 'the same signature is verified again and again' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const subject = missingSubject();
      const pushed = await pushReferrer(bench, subject);
      await pushManifest(bench, pushed);
      await pushManifest(bench, pushed, { tag: `once-${pushed.digest.slice(7, 19)}` });
      const { answer } = await listReferrers(bench, subject.digest);
      expectReferrer(answer, pushed.digest);
    },
  },
  {
    id: 'referrers/all-pages',
    title: `${MANY} referrers are listed without duplicates, on one page or several`,
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['cosign', 'oras'], what: 'the relevant signature is not found among many' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const subject = missingSubject();
      const digests: string[] = [];
      for (let count = 0; count < MANY; count++) digests.push((await pushReferrer(bench, subject)).digest);
      let { answer } = await listReferrers(bench, subject.digest);
      const listed = referrersIn(answer).map(({ digest }) => digest);
      for (let next = nextPage(answer); next !== undefined && listed.length <= MANY; next = nextPage(answer)) {
        answer = await bench.get(next);
        expectStatus(answer, 200);
        expectHeaderValue(answer, 'content-type', IMAGE_INDEX);
        listed.push(...referrersIn(answer).map(({ digest }) => digest));
      }
      const isAll = listed.length === MANY && [...listed].sort().join() === digests.sort().join();
      expectThat(answer, isAll, `${listed.length} are listed, ${new Set(listed).size} of them different`);
    },
  },
  {
    id: 'referrers/visible-at-once',
    title: 'a referrer is listed as soon as its push is answered',
    level: 'SHOULD',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['cosign'], what: 'a pipeline that signs and verifies an image fails from time to time' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const subject = missingSubject();
      await listReferrers(bench, subject.digest);
      for (const _ of [1, 2, 3]) {
        const { digest } = await pushReferrer(bench, subject);
        const { answer } = await listReferrers(bench, subject.digest);
        expectReferrer(answer, digest);
      }
    },
  },
  {
    id: 'referrers/deleted',
    title: 'a deleted referrer is no longer listed',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['cosign', 'oras'], what: 'they cannot pull a listed signature, and reject the image' },
    needs: ['push', 'referrers', 'delete-manifest'],
    run: async (bench) => {
      const subject = missingSubject();
      const [kept, gone] = [await pushReferrer(bench, subject), await pushReferrer(bench, subject)];
      const deleted = await bench.delete(manifestPath(bench.repository, gone.digest));
      requireStatus(deleted, 'the deletion of a referrer', 202);
      const { answer, referrers } = await listReferrers(bench, subject.digest);
      expectReferrer(answer, kept.digest);
      expectThat(answer, referrers.length === 1, `there are ${referrers.length} referrers, not 1`);
    },
  },
];
