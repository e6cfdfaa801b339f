import { digestOf } from '../../../../../core/digest/digest.ts';
import { DriverError } from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { OCI_IMAGE_INDEX } from '../../../../../core/model/media-types.ts';
import { parseRepositoryName, parseTag } from '../../../../../core/model/reference.ts';
import type { Page, PageRequest } from '../../../../../core/registry/page.ts';
import { descriptorOf, imageIndex, json, name, tagged } from '../../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../../helpers/drivers/fault-injector.ts';

const REPOSITORY = name('foo/bar');
const DIGEST = digestOf(imageIndex([]));
const TAGS = ['1', 'A', 'a', 'a-b', 'a.b', 'b', 'c'].map(parseTag);
const NAMES = ['a', 'a/b', 'a/b/c', 'a-b', 'a.b', 'b'].map(parseRepositoryName);
const ALL: PageRequest = { limit: Infinity, after: undefined };

eachDriver(
  'pages of tags of any size add up to the whole list, and only the last says that it is the last',
  async (t, driver) => {
    const { tags, tagStore } = composeCore(driver);
    for (const tag of TAGS.toReversed()) await tagStore.set(REPOSITORY, tag, DIGEST);
    t.deepEqual(await tags.list(REPOSITORY, ALL), { items: TAGS, more: false });
    for (let limit = 1; limit <= TAGS.length + 1; limit += 1) {
      const pages = await pagesOf(limit, (request) => tags.list(REPOSITORY, request));
      t.deepEqual(
        pages.flatMap(({ items }) => items),
        TAGS,
      );
      t.true(pages.slice(0, -1).every(({ items }) => items.length === limit));
    }
  },
);

eachDriver('pages of the catalog of any size add up to the whole list', async (t, driver) => {
  const { catalog, tagStore } = composeCore(driver);
  for (const repository of NAMES.toReversed()) await tagStore.set(repository, parseTag('latest'), DIGEST);
  t.deepEqual(await catalog.list(ALL), { items: NAMES, more: false });
  for (let limit = 1; limit <= NAMES.length + 1; limit += 1) {
    const pages = await pagesOf(limit, (request) => catalog.list(request));
    t.deepEqual(
      pages.flatMap(({ items }) => items),
      NAMES,
    );
    t.true(pages.slice(0, -1).every(({ items }) => items.length === limit));
  }
});

eachDriver('a page of size zero is empty and does not say that more follows', async (t, driver) => {
  const { tags, catalog, tagStore } = composeCore(driver);
  for (const tag of TAGS) await tagStore.set(REPOSITORY, tag, DIGEST);
  t.deepEqual(await tags.list(REPOSITORY, { limit: 0, after: undefined }), { items: [], more: false });
  t.deepEqual(await catalog.list({ limit: 0, after: undefined }), { items: [], more: false });
});

eachDriver('a page after the last item is empty', async (t, driver) => {
  const { tags, catalog, tagStore } = composeCore(driver);
  await tagStore.set(REPOSITORY, parseTag('a'), DIGEST);
  for (const after of ['a', 'b', '~']) {
    t.deepEqual(await tags.list(REPOSITORY, { limit: 5, after }), { items: [], more: false });
  }
  for (const after of ['foo/bar', 'foo/c', 'z']) {
    t.deepEqual(await catalog.list({ limit: 5, after }), { items: [], more: false });
  }
});

eachDriver('the tags of a repository that does not exist are an error, also for an empty page', async (t, driver) => {
  const { tags, layers, tagStore } = composeCore(driver);
  await tagStore.set(name('foo/bar/baz'), parseTag('a'), DIGEST);
  await using _upload = await layers.upload(REPOSITORY);
  for (const limit of [0, 10, Infinity]) {
    const error = await t.throwsAsync(tags.list(REPOSITORY, { limit, after: undefined }), {
      instanceOf: RegistryError,
    });
    t.is(error.code, 'NAME_UNKNOWN');
    t.deepEqual(error.detail, { name: REPOSITORY });
  }
});

eachDriver('a repository whose manifests have no tags has an empty list', async (t, driver) => {
  const { tags, manifests, catalog } = composeCore(driver);
  await manifests.put(REPOSITORY, tagged('a'), { bytes: imageIndex([]), contentType: undefined });
  await manifests.delete(REPOSITORY, tagged('a'));
  t.deepEqual(await tags.list(REPOSITORY, ALL), { items: [], more: false });
  t.deepEqual((await catalog.list(ALL)).items, [REPOSITORY]);
});

eachDriver(
  'the history of a tag without its link is listed, nobody can pull it, and a push or a delete mends it',
  async (t, driver) => {
    const { tags, manifests, links, paths } = composeCore(driver);
    const index = { bytes: imageIndex([]), contentType: undefined };
    await manifests.put(REPOSITORY, tagged('a'), index);
    for (const tag of ['b', 'c'].map(parseTag)) {
      await links.write(paths.tagIndexLink(REPOSITORY, tag, DIGEST), DIGEST);
      for (const call of [
        () => manifests.get(REPOSITORY, tagged(tag)),
        () => manifests.exists(REPOSITORY, tagged(tag)),
      ]) {
        const error = await call().then(
          (found) => found,
          (reason: unknown) => reason,
        );
        t.true(error === false || RegistryError.is(error, 'MANIFEST_UNKNOWN'));
      }
    }
    t.deepEqual((await tags.list(REPOSITORY, ALL)).items, ['a', 'b', 'c'].map(parseTag));
    await manifests.put(REPOSITORY, tagged('b'), index);
    t.is((await manifests.get(REPOSITORY, tagged('b'))).digest, DIGEST);
    await manifests.delete(REPOSITORY, tagged('c'));
    t.deepEqual((await tags.list(REPOSITORY, ALL)).items, ['a', 'b'].map(parseTag));
  },
);

eachDriver('an empty registry has an empty catalog', async (t, driver) => {
  t.deepEqual(await composeCore(driver).catalog.list(ALL), { items: [], more: false });
});

eachDriver('the cost of a page depends on its own length, not on that of the list', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { tags, catalog, tagStore } = composeCore(counting);
  for (let index = 10; index < 50; index += 1) {
    await tagStore.set(REPOSITORY, parseTag(`t${index}`), DIGEST);
    await tagStore.set(name(`r${index}`), parseTag('latest'), DIGEST);
  }
  counting.reset();
  for (const request of [ALL, { limit: 3, after: undefined }, { limit: 3, after: 't40' }]) {
    counting.reset();
    await tags.list(REPOSITORY, request);
    t.is(counting.count(), 1);
  }
  for (const after of [undefined, 'r20', 'r45']) {
    counting.reset();
    t.is((await catalog.list({ limit: 3, after })).items.length, 3);
    // One for each name and for the one behind the page, one for the folder of all names, two for one that only leads on.
    t.true(counting.count() <= 7, `${counting.count()} calls after ${after}`);
  }
});

eachDriver('a list that nobody waits for any longer ends with the reason of its signal', async (t, driver) => {
  const { tags, catalog, registry, tagStore, manifests } = composeCore(driver);
  for (const tag of TAGS) await tagStore.set(REPOSITORY, tag, DIGEST);
  const bytes = imageIndex([]);
  await manifests.put(REPOSITORY, tagged('subject'), { bytes, contentType: undefined });
  const referrer = json({ schemaVersion: 2, mediaType: OCI_IMAGE_INDEX, manifests: [], subject: descriptorOf(bytes) });
  await manifests.put(REPOSITORY, tagged('referrer'), { bytes: referrer, contentType: undefined });
  const gone = new Error('the client has gone away');
  const context = { signal: AbortSignal.abort(gone) };
  const lists = [
    () => tags.list(REPOSITORY, ALL, context),
    () => catalog.list(ALL, context),
    () => registry.referrers.list(REPOSITORY, DIGEST, { ...ALL, artifactTypes: [] }, context),
  ];
  for (const list of lists) t.is(await t.throwsAsync(list()), gone);
});

eachDriver('a failing backend is an error, not an end of the list', async (t, driver) => {
  const failing = new FaultInjector(driver);
  const { tags, catalog, tagStore } = composeCore(failing);
  for (const tag of TAGS) await tagStore.set(REPOSITORY, tag, DIGEST);
  failing.failAt(0);
  await t.throwsAsync(tags.list(REPOSITORY, ALL), { instanceOf: DriverError });
  for (let call = 0; call < 3; call += 1) {
    failing.failAt(call);
    await t.throwsAsync(catalog.list(ALL), { instanceOf: DriverError });
  }
});

async function pagesOf<Item extends string>(
  limit: number,
  list: (request: PageRequest) => Promise<Page<Item>>,
): Promise<Page<Item>[]> {
  const pages: Page<Item>[] = [];
  for (;;) {
    const page = await list({ limit, after: pages.at(-1)?.items.at(-1) });
    pages.push(page);
    if (!page.more) return pages;
  }
}
