import type { Bench } from '../../bench/bench.ts';
import type { Check } from '../../check.ts';
import { listReferrers, missingSubject, pushReferrer } from '../../content/referrers.ts';
import { expectHeader, expectHeaderValue, expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';

const LISTING = spec('Listing Referrers');
const SIGNATURE = 'application/vnd.stowage.verify.signature';
const BILL = 'application/vnd.stowage.verify.sbom';

/** A subject with a signature and an SBOM, and the referrers of one type. */
async function filtered(bench: Bench, artifactType: string) {
  const subject = missingSubject();
  const signature = await pushReferrer(bench, subject, { artifactType: SIGNATURE });
  await pushReferrer(bench, subject, { artifactType: BILL });
  return { signature, ...(await listReferrers(bench, subject.digest, { artifactType })) };
}

/** Checks of filtered lists of referrers. */
export const REFERRER_FILTERS: readonly Check[] = [
  {
    id: 'referrers/filter',
    title: 'referrers of one artifact type are listed alone',
    level: 'SHOULD',
    group: 'referrers',
    ...LISTING,
    suffers: {
      clients: ['cosign', 'oras'],
      what: 'every search for a signature reads everything that refers to the image',
    },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const { signature, answer, referrers } = await filtered(bench, SIGNATURE);
      const types = referrers.map(({ artifactType }) => artifactType);
      expectThat(answer, types.join() === SIGNATURE, `the artifact types are ${types.join(', ')}, not ${SIGNATURE}`);
      expectThat(answer, referrers[0]?.digest === signature.digest, 'another manifest is listed');
    },
  },
  {
    id: 'referrers/filter-keeps-what-fits',
    title: 'a filter does not hide a referrer of the requested artifact type',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['cosign'], what: 'a signed image seems to have no signature' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const { signature, answer, referrers } = await filtered(bench, SIGNATURE);
      const isThere = referrers.some(({ digest }) => digest === signature.digest);
      expectThat(answer, isThere, 'the referrer of this type is not in the list');
    },
  },
  {
    id: 'referrers/filters-applied',
    title: 'a filtered list says so in OCI-Filters-Applied',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['oras'], what: 'a client cannot know whether it must filter itself' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const { answer, referrers } = await filtered(bench, SIGNATURE);
      if (referrers.length === 2 && answer.header('oci-filters-applied') === undefined)
        throw new SkippedCheck('the registry does not filter referrers');
      expectHeaderValue(answer, 'oci-filters-applied', 'artifactType');
      expectThat(answer, referrers.length === 1, 'OCI-Filters-Applied is present, but the list is not filtered');
    },
  },
  {
    id: 'referrers/filter-of-none',
    title: 'a filter without matches returns an empty list, and says that it was applied',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: {
      clients: ['oras', 'cosign'],
      what: 'a client mistakes the empty list for a failure, or for the complete list',
    },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const { answer, referrers } = await filtered(bench, 'application/vnd.stowage.verify.none');
      if (referrers.length === 2) throw new SkippedCheck('the registry does not filter referrers');
      expectThat(answer, referrers.length === 0, `there are ${referrers.length} referrers`);
      expectHeader(answer, 'oci-filters-applied');
    },
  },
  {
    id: 'referrers/no-filter-no-header',
    title: 'an unfiltered list does not claim to be filtered',
    level: 'MUST',
    group: 'referrers',
    ...LISTING,
    suffers: { clients: ['oras'], what: 'a client does not filter, and mistakes an SBOM for a signature' },
    needs: ['push', 'referrers'],
    run: async (bench) => {
      const { answer } = await listReferrers(bench, missingSubject().digest);
      expectThat(answer, answer.header('oci-filters-applied') === undefined, 'OCI-Filters-Applied is present');
    },
  },
];
