import type { Answer } from '../../bench/answer.ts';
import type { Bench } from '../../bench/bench.ts';
import type { Check } from '../../check.ts';
import { describe } from '../../content/content.ts';
import {
  EMPTY,
  IMAGE_CONFIG,
  IMAGE_INDEX,
  IMAGE_MANIFEST,
  imageConfig,
  indexManifest,
} from '../../content/manifests.ts';
import { expectReferrer, listReferrers, missingSubject, pushReferrer, type Referrer } from '../../content/referrers.ts';
import { pushBlob, pushManifest } from '../../content/set-up.ts';
import { expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';

const LISTING = spec('Listing Referrers');
const ARTIFACT = 'application/vnd.stowage.verify.entry';
const ANNOTATIONS = { 'land.stowage.verify.purpose': 'annotations of an entry' };

/** The list entry of an artifact that refers to a manifest. */
async function entryOf(
  bench: Bench,
  contents: Parameters<typeof pushReferrer>[2] = {},
): Promise<{ readonly answer: Answer; readonly entry: Referrer; readonly size: number }> {
  const subject = missingSubject();
  const { digest, bytes } = await pushReferrer(bench, subject, contents);
  const { answer } = await listReferrers(bench, subject.digest);
  return { answer, entry: expectReferrer(answer, digest), size: bytes.byteLength };
}

function expectMember({ answer, entry }: { answer: Answer; entry: Referrer }, name: string, expected: unknown): void {
  const found = JSON.stringify(entry[name]);
  expectThat(answer, found === JSON.stringify(expected), `"${name}" is ${found}, not ${JSON.stringify(expected)}`);
}

/** Checks of the entries in lists of referrers. */
export const REFERRER_ENTRIES: readonly Check[] = [
  {
    id: 'referrers/descriptor',
    title: 'a referrer is listed with its media type and its size',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['oras', 'cosign'], what: 'they reject the signature because its size differs' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const found = await entryOf(bench);
      expectMember(found, 'mediaType', IMAGE_MANIFEST);
      expectMember(found, 'size', found.size);
    },
  },
  {
    id: 'referrers/artifact-type',
    title: 'a referrer is listed with its artifact type',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['cosign', 'oras'], what: 'they cannot tell a signature from an SBOM, and read all of them' },
    needs: ['push', 'referrers'],
    run: async (bench) => expectMember(await entryOf(bench, { artifactType: ARTIFACT }), 'artifactType', ARTIFACT),
  },
  {
    id: 'referrers/artifact-type-of-config',
    title: 'a referrer without an artifact type is listed with the media type of its config',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['cosign', 'oras'], what: 'signatures of older tools are not found' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const config = describe(await pushBlob(bench, imageConfig()), IMAGE_CONFIG);
      expectMember(await entryOf(bench, { config }), 'artifactType', IMAGE_CONFIG);
    },
  },
  {
    id: 'referrers/annotations',
    title: 'a referrer is listed with the annotations of its manifest',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: {
      clients: ['oras', 'cosign'],
      what: 'they cannot choose the newest signature without reading all of them',
    },
    needs: ['push', 'referrers'],
    run: async (bench) => expectMember(await entryOf(bench, { annotations: ANNOTATIONS }), 'annotations', ANNOTATIONS),
  },
  {
    id: 'referrers/index',
    title: 'an index with a subject is listed',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['oras'], what: 'signatures for several platforms are not found' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const subject = missingSubject();
      const { digest } = await pushManifest(bench, indexManifest({ subject, artifactType: ARTIFACT }));
      const { answer } = await listReferrers(bench, subject.digest);
      const entry = expectReferrer(answer, digest);
      expectMember({ answer, entry }, 'mediaType', IMAGE_INDEX);
      expectMember({ answer, entry }, 'artifactType', ARTIFACT);
    },
  },
  {
    id: 'referrers/index-without-artifact-type',
    title: 'an index without an artifact type is listed without one',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['oras'], what: 'an index looks like an artifact of a type that it does not have' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const subject = missingSubject();
      const { digest } = await pushManifest(bench, indexManifest({ subject }));
      const { answer } = await listReferrers(bench, subject.digest);
      expectMember({ answer, entry: expectReferrer(answer, digest) }, 'artifactType', undefined);
    },
  },
  {
    id: 'referrers/empty-config-is-no-type',
    title: 'an artifact with the empty config keeps its own type',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['cosign', 'oras'], what: 'all artifacts seem to have the same type' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const found = await entryOf(bench);
      const { artifactType } = found.entry;
      expectThat(
        found.answer,
        artifactType !== undefined && artifactType !== EMPTY,
        `"artifactType" is ${artifactType}`,
      );
    },
  },
];
