import { manifestPath, tagsPath } from '../../bench/paths.ts';
import type { Check } from '../../check.ts';
import { EMPTY_CONTENT, imageManifest } from '../../content/manifests.ts';
import { pushBlob, pushManifest, requireStatus } from '../../content/set-up.ts';
import { listTags, repositoryWithTags, tagsIn } from '../../content/tags.ts';
import { expectObject, expectStatus, expectThat } from '../../expect.ts';
import { spec } from '../../sections.ts';

const LISTING = spec('Listing Tags');

/** Checks of tag lists. */
export const TAG_LISTS: readonly Check[] = [
  {
    id: 'discovery/tags',
    title: 'the tags of a repository are listed, without duplicates',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['helm', 'oras'], what: 'an existing version is not offered' },
    needs: ['push'],
    run: async (bench) => {
      const pushed = ['v1', 'v2', 'v3'];
      const { answer, tags } = await listTags(bench, await repositoryWithTags(bench, pushed));
      expectThat(answer, [...tags].sort().join() === pushed.join(), `the tags are ${tags.join(', ')}, not v1, v2, v3`);
    },
  },
  {
    id: 'discovery/name',
    title: 'a list of tags contains the name of its repository',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['any client'], what: 'strict clients reject the list' },
    needs: ['push'],
    run: async (bench) => {
      const repository = await repositoryWithTags(bench, ['v1']);
      const { answer } = await listTags(bench, repository);
      const { name } = expectObject(answer);
      expectThat(answer, name === repository, `"name" is ${JSON.stringify(name)}, not ${JSON.stringify(repository)}`);
    },
  },
  {
    id: 'discovery/json',
    title: 'a list of tags has the type application/json',
    level: 'SHOULD',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['any client'], what: 'HTTP libraries do not parse the list' },
    needs: ['push'],
    run: async (bench) => {
      const { answer } = await listTags(bench, await repositoryWithTags(bench, ['v1']));
      const type = answer.header('content-type') ?? '';
      expectThat(answer, /^application\/json\b/.test(type), `Content-Type is ${JSON.stringify(type)}`);
    },
  },
  {
    id: 'discovery/order',
    title: 'tags are listed in lexical order',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['helm', 'any client'], what: 'a client that reads page by page misses tags' },
    needs: ['push'],
    run: async (bench) => {
      const repository = await repositoryWithTags(bench, ['b', 'test-10', 'a', 'test-9', 'c.1', '0']);
      const { answer, tags } = await listTags(bench, repository);
      expectThat(answer, tags.join() === [...tags].sort().join(), `the order is ${tags.join(', ')}`);
    },
  },
  {
    id: 'discovery/order-of-capitals',
    title: 'capital letters are sorted bytewise, or like lower-case letters, and not randomly',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['helm', 'any client'], what: 'a client that reads page by page misses tags' },
    needs: ['push'],
    run: async (bench) => {
      const repository = await repositoryWithTags(bench, ['TEST0', 'test1', 'TEST2', 'test3', 'Alpha', 'beta']);
      const { answer, tags } = await listTags(bench, repository);
      const bytes = [...tags].sort().join();
      const letters = tags.map((tag) => tag.toLowerCase());
      const isByLetters = letters.join() === [...letters].sort().join();
      expectThat(answer, tags.join() === bytes || isByLetters, `the order is ${tags.join(', ')}`);
    },
  },
  {
    id: 'discovery/untagged-not-listed',
    title: 'a manifest without a tag is not in the list of tags',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['helm', 'any client'], what: 'digests are offered as versions' },
    needs: ['push'],
    run: async (bench) => {
      const repository = await repositoryWithTags(bench, ['v1']);
      await pushManifest(bench, imageManifest(), { repository });
      const { answer, tags } = await listTags(bench, repository);
      expectThat(answer, tags.join() === 'v1', `the tags are ${tags.join(', ')}, not v1`);
    },
  },
  {
    id: 'discovery/no-tags',
    title: 'a repository without tags has an empty list, or is unknown',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['helm', 'oras'], what: 'they fail at "null" instead of showing no version' },
    needs: ['push'],
    run: async (bench) => {
      const repository = bench.newRepository();
      await pushBlob(bench, EMPTY_CONTENT, { repository });
      await pushManifest(bench, imageManifest(), { repository });
      const answer = await bench.get(tagsPath(repository));
      expectStatus(answer, 200, 404);
      if (answer.status === 200) expectThat(answer, tagsIn(answer).length === 0, 'the list is not empty');
    },
  },
  {
    id: 'discovery/unknown-repository',
    title: 'the tags of a repository that does not exist are answered with 404',
    level: 'MUST',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['helm', 'oras'], what: 'a mistyped name looks like a repository without versions' },
    run: async (bench) => expectStatus(await bench.get(tagsPath(bench.newRepository())), 404),
  },
  {
    id: 'discovery/visible-at-once',
    title: 'a tag is listed as soon as its push is answered',
    level: 'SHOULD',
    group: 'discovery',
    ...LISTING,
    suffers: { clients: ['helm', 'any client'], what: 'a release is not found right after its push' },
    needs: ['push'],
    run: async (bench) => {
      const repository = await repositoryWithTags(bench, ['v1']);
      await listTags(bench, repository);
      await pushManifest(bench, imageManifest(), { repository, tag: 'v2' });
      const { answer, tags } = await listTags(bench, repository);
      expectThat(answer, tags.includes('v2'), 'the new tag is not in the list');
    },
  },
  {
    id: 'discovery/deleted-tag',
    title: 'a deleted tag is no longer listed',
    level: 'MUST',
    group: 'discovery',
    ...spec('Deleting tags'),
    suffers: { clients: ['helm', 'any client'], what: 'a version is offered that cannot be pulled' },
    needs: ['push', 'delete-tag'],
    run: async (bench) => {
      const repository = await repositoryWithTags(bench, ['v1', 'v2']);
      const deleted = await bench.delete(manifestPath(repository, 'v1'));
      requireStatus(deleted, 'the deletion of a tag', 202);
      const { answer, tags } = await listTags(bench, repository);
      expectThat(answer, tags.join() === 'v2', `the tags are ${tags.join(', ')}, not v2`);
    },
  },
];
