import type { Answer } from '../../bench/answer.ts';
import type { Bench } from '../../bench/bench.ts';
import type { Check } from '../../check.ts';
import { nextPage } from '../../content/next-page.ts';
import { listTags, repositoryWithTags, tagsIn } from '../../content/tags.ts';
import { expectHeader, expectStatus, expectThat } from '../../expect.ts';
import { rfc, spec } from '../../sections.ts';
import { SkippedCheck } from '../../verdicts.ts';

const LISTING = spec('Listing Tags');
const TAGS = ['a', 'b', 'c', 'd', 'e'];
const MAX_PAGES = 10;

/** Whether these are all tags without duplicates, in any order: the order is a separate rule. */
function isAll(tags: readonly string[]): boolean {
  return [...tags].sort().join() === TAGS.join();
}

/** All pages, read in the way of clients. */
async function readPages(bench: Bench, first: Answer): Promise<readonly string[]> {
  const tags: string[] = [];
  let answer = first;
  for (let page = 0; page < MAX_PAGES; page++) {
    tags.push(...tagsIn(answer));
    const next = nextPage(answer);
    if (next === undefined) return tags;
    answer = await bench.get(next);
    expectStatus(answer, 200);
  }
  expectThat(answer, false, `there is still a Link after ${MAX_PAGES} pages`);
  return tags;
}

/** Checks of paginated tag lists. */
export const TAG_PAGES: readonly Check[] = [
  {
    id: 'discovery/n',
    title: 'a list of n tags has the first n',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['any client'], what: 'a client that requests a page takes it for the last one' },
    needs: ['push'],
    run: async (bench) => {
      const { answer, tags } = await listTags(bench, await repositoryWithTags(bench, TAGS), { n: '2' });
      if (tags.length < 2 && answer.header('link') !== undefined)
        throw new SkippedCheck('the registry returns smaller pages than n');
      expectThat(answer, tags.join() === 'a,b', `the tags are ${tags.join(', ')}, not a, b`);
    },
  },
  {
    id: 'discovery/n-zero',
    title: 'a list of 0 tags is empty, and has no Link',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: {
      clients: ['any client'],
      what: 'a client that only checks whether the repository exists reads the whole list',
    },
    needs: ['push'],
    run: async (bench) => {
      const { answer, tags } = await listTags(bench, await repositoryWithTags(bench, TAGS), { n: '0' });
      expectThat(answer, tags.length === 0, `there are ${tags.length} tags`);
      expectThat(answer, answer.header('link') === undefined, 'there is a Link');
    },
  },
  {
    id: 'discovery/n-large',
    title: 'a list with n above the number of tags has all of them, or a Link',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['any client'], what: 'tools that request 10000 tags at once, such as Renovate, see none' },
    needs: ['push'],
    run: async (bench) => {
      const { answer } = await listTags(bench, await repositoryWithTags(bench, TAGS), { n: '10000' });
      const tags = await readPages(bench, answer);
      expectThat(answer, isAll(tags), `the tags are ${tags.join(', ')}, not ${TAGS.join(', ')}`);
    },
  },
  {
    id: 'discovery/last',
    title: 'a list after a tag begins with the next one',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['any client'], what: 'a client that reads page by page reads the first page forever' },
    needs: ['push'],
    run: async (bench) => {
      const { answer, tags } = await listTags(bench, await repositoryWithTags(bench, TAGS), { last: 'b' });
      expectThat(answer, tags.join() === 'c,d,e', `the tags are ${tags.join(', ')}, not c, d, e`);
    },
  },
  {
    id: 'discovery/last-and-n',
    title: 'a list of n tags after a tag has the n following ones',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['any client'], what: 'a client that reads page by page misses tags' },
    needs: ['push'],
    run: async (bench) => {
      const { answer, tags } = await listTags(bench, await repositoryWithTags(bench, TAGS), { n: '2', last: 'b' });
      expectThat(answer, tags.join() === 'c,d', `the tags are ${tags.join(', ')}, not c, d`);
    },
  },
  {
    id: 'discovery/last-that-is-gone',
    title: 'a list can begin after a tag that does not exist',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['any client'], what: 'a tag that is deleted while a list is read ends the list' },
    needs: ['push'],
    run: async (bench) => {
      const { answer, tags } = await listTags(bench, await repositoryWithTags(bench, TAGS), { last: 'bb' });
      expectThat(answer, tags.join() === 'c,d,e', `the tags are ${tags.join(', ')}, not c, d, e`);
    },
  },
  {
    id: 'discovery/last-of-all',
    title: 'a list after the last tag is empty, and has no Link',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['podman', 'docker'], what: 'they read a list for as long as there is a Link' },
    needs: ['push'],
    run: async (bench) => {
      const { answer, tags } = await listTags(bench, await repositoryWithTags(bench, TAGS), { last: 'e' });
      expectThat(answer, tags.length === 0, `there are ${tags.length} tags`);
      expectThat(answer, answer.header('link') === undefined, 'there is a Link');
    },
  },
  {
    id: 'discovery/link-form',
    title: 'the Link of a page has the URL in angle brackets first, and rel="next"',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['podman', 'cosign', 'oras'], what: 'they take the first page for all tags' },
    needs: ['push'],
    run: async (bench) => {
      const { answer } = await listTags(bench, await repositoryWithTags(bench, TAGS), { n: '2' });
      const link = answer.header('link');
      if (link === undefined) throw new SkippedCheck('the registry sends no Link');
      expectThat(answer, /^<[^>]+>\s*;\s*rel="?next"?/.test(link), `Link is ${JSON.stringify(link)}`);
    },
  },
  {
    id: 'discovery/link-same-host',
    title: 'the Link of a page leads to the host of the request',
    level: 'SHOULD',
    group: 'discovery',
    ...rfc(8288, '3.1'),
    suffers: { clients: ['cosign', 'any client'], what: 'they refuse to continue at another host' },
    needs: ['push'],
    run: async (bench) => {
      const { answer } = await listTags(bench, await repositoryWithTags(bench, TAGS), { n: '2' });
      const next = nextPage(answer);
      if (next === undefined) throw new SkippedCheck('the registry sends no Link');
      expectThat(answer, new URL(next).host === answer.url.host, `Link leads to ${new URL(next).host}`);
    },
  },
  {
    id: 'discovery/pages-make-the-list',
    title: 'the pages make up the whole list, without missing or duplicate tags',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['helm', 'podman'], what: 'versions are not offered' },
    needs: ['push'],
    run: async (bench) => {
      const { answer } = await listTags(bench, await repositoryWithTags(bench, TAGS), { n: '2' });
      if (answer.header('link') === undefined) throw new SkippedCheck('the registry sends no Link');
      const tags = await readPages(bench, answer);
      expectThat(answer, isAll(tags), `the tags are ${tags.join(', ')}, not ${TAGS.join(', ')}`);
    },
  },
  {
    id: 'discovery/more-is-linked',
    title: 'a page that is not the last one has a Link',
    level: 'MAY',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['oras', 'cosign', 'podman'], what: 'they take the first page for all tags' },
    needs: ['push'],
    run: async (bench) => {
      const { answer } = await listTags(bench, await repositoryWithTags(bench, TAGS), { n: '2' });
      expectHeader(answer, 'link');
    },
  },
];
