import test from 'ava';
import { parseRepositoryName, type RepositoryName } from '../../../../core/model/reference.ts';
import type { Grant } from '../../../../core/ports/access-controller.ts';
import type { CatalogService } from '../../../../core/registry/catalog-service.ts';
import type { PageRequest } from '../../../../core/registry/page.ts';
import { listVisible } from '../../../../server/routes/list-visible.ts';

/** A catalog of `size` names in order, `r00000` and so on, that counts how often it is asked. */
class NumberedCatalog implements CatalogService {
  calls = 0;
  readonly #names: readonly RepositoryName[];

  constructor(size: number) {
    this.#names = Array.from({ length: size }, (_, index) => nameOf(index));
  }

  async list({ limit, after }: PageRequest): ReturnType<CatalogService['list']> {
    this.calls += 1;
    const start = after === undefined ? 0 : this.#names.findIndex((name) => name > after);
    const items = start < 0 ? [] : this.#names.slice(start, start + limit);
    return { items, more: start >= 0 && start + limit < this.#names.length };
  }
}

function nameOf(index: number): RepositoryName {
  return parseRepositoryName(`r${String(index).padStart(5, '0')}`);
}

function seeing(...indexes: readonly number[]): Grant {
  const names = new Set<string>(indexes.map(nameOf));
  return { actor: undefined, allows: ({ name }) => names.has(name) };
}

const FIRST: PageRequest = { limit: 1, after: undefined };

test('a client that wants one repository and sees few costs one call for a hundred names, not one for each', async (t) => {
  const catalog = new NumberedCatalog(5_000);
  const page = await listVisible(catalog, FIRST, { grant: seeing(4_950, 4_990), call: {} });
  t.deepEqual(page, { items: [nameOf(4_950)], more: true });
  t.true(catalog.calls <= 50, String(catalog.calls));
});

test('a page has a next one only if the client sees something on it', async (t) => {
  const catalog = new NumberedCatalog(500);
  const request = { limit: 2, after: undefined };
  const list = (...indexes: readonly number[]) =>
    listVisible(catalog, request, { grant: seeing(...indexes), call: {} });
  t.deepEqual(await list(1, 3), { items: [nameOf(1), nameOf(3)], more: false });
  t.deepEqual(await list(1, 3, 499), { items: [nameOf(1), nameOf(3)], more: true });
});

test('a search that nobody waits for any longer ends without a call', async (t) => {
  const catalog = new NumberedCatalog(5_000);
  const gone = new Error('the client has gone away');
  const call = { signal: AbortSignal.abort(gone) };
  t.is(await t.throwsAsync(listVisible(catalog, FIRST, { grant: seeing(4_950), call })), gone);
  t.is(catalog.calls, 0);
});

test('one request passes over 20 000 hidden names: then its page ends early, and an empty one says what to do', async (t) => {
  const catalog = new NumberedCatalog(50_000);
  const grant = seeing(3, 49_000);
  const request = { limit: 10, after: undefined };
  t.deepEqual(await listVisible(catalog, request, { grant, call: {} }), { items: [nameOf(3)], more: true });
  t.true(catalog.calls <= 201, String(catalog.calls));
  const following = listVisible(catalog, { limit: 10, after: nameOf(3) }, { grant, call: {} });
  await t.throwsAsync(following, { code: 'DENIED', message: /you may not see the next 20000 repositories/ });
  const later = { limit: 10, after: nameOf(48_000) };
  t.deepEqual(await listVisible(catalog, later, { grant, call: {} }), { items: [nameOf(49_000)], more: false });
});

test('a catalog that gets no further ends the request instead of being asked again for ever', async (t) => {
  const grant = seeing(1);
  const empty: CatalogService = { list: async () => ({ items: [], more: true }) };
  await t.throwsAsync(listVisible(empty, FIRST, { grant, call: {} }), { message: /does not get past ""/ });
  const first: CatalogService = { list: async () => ({ items: [nameOf(0)], more: true }) };
  await t.throwsAsync(listVisible(first, FIRST, { grant, call: {} }), { message: /does not get past "r00000"/ });
});

test('a controller whose `allows` returns a promise fails the request, and a rejection of it ends no process', async (t) => {
  const grant = { actor: undefined, allows: () => Promise.reject(new Error('later')) } as unknown as Grant;
  await t.throwsAsync(listVisible(new NumberedCatalog(1), FIRST, { grant, call: {} }), {
    message: /must return a boolean/,
  });
});

test('a page of size zero asks for nothing', async (t) => {
  const catalog = new NumberedCatalog(5);
  const page = await listVisible(catalog, { limit: 0, after: undefined }, { grant: seeing(1), call: {} });
  t.deepEqual(page, { items: [], more: false });
  t.is(catalog.calls, 0);
});
