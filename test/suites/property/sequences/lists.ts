import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RegistryErrorCode } from '../../../../core/model/errors.ts';
import { pathOf } from '../../../helpers/http/http-request.ts';
import { digestOf } from '../../../helpers/http/with-registry.ts';
import { byComponents, type Model } from './model.ts';
import { type Act, NAMES, name, steps } from './step.ts';
import type { World } from './world.ts';

const LINK = /^<(\/v2\/[^>]*)>; rel="next"$/;

/** Follows the links from page to page, which must each be full, until there is none. */
async function readPages(world: World, start: string, key: 'repositories' | 'tags', n: number): Promise<string[]> {
  const items: string[] = [];
  for (let path: string | undefined = start; path !== undefined; ) {
    const answer = await world.accepted(200, 'GET', path);
    const page = (JSON.parse(answer.text) as Record<string, string[]>)[key] ?? [];
    const next = LINK.exec(String(answer.headers['link']))?.[1];
    assert.ok(page.length <= n);
    if (next !== undefined) assert.equal(page.length, n, 'only the last page is short');
    items.push(...page);
    path = next && pathOf(next);
  }
  return items;
}

interface Listing {
  readonly n: number;
  readonly last: string | undefined;
}
const queryOf = ({ n, last }: Listing): string =>
  `?n=${n}${last === undefined ? '' : `&last=${encodeURIComponent(last)}`}`;

export const listCatalog =
  (given: Listing): Act =>
  async (model, world) => {
    const { last } = given;
    const expected = model
      .catalog()
      .filter((each) => last === undefined || last === '' || byComponents(each, last) > 0);
    assert.deepEqual(await readPages(world, `/v2/_catalog${queryOf(given)}`, 'repositories', given.n), expected);
  };

export const listTags =
  (given: Listing & { name: string }): Act =>
  async (model, world) => {
    const { last } = given;
    const path = `/v2/${given.name}/tags/list${queryOf(given)}`;
    if (!model.isListed(given.name)) {
      return void (await world.refused(['NAME_UNKNOWN'], 'GET', path));
    }
    const expected = tagsOf(model, given.name).filter((each) => last === undefined || each > last);
    assert.deepEqual(await readPages(world, path, 'tags', given.n), expected);
  };

const tagsOf = (model: Model, repository: string): string[] => [...model.repository(repository).tags.keys()].sort();

/** Everything that a client can see. */
export const lookAround = (): Act => async (model, world) => {
  await listCatalog({ n: 2, last: undefined })(model, world);
  for (const each of NAMES) {
    const { blobs, manifests, tags } = model.repository(each);
    await listTags({ name: each, n: 2, last: undefined })(model, world);
    for (const [reference, digest] of [...tags, ...[...manifests.keys()].map((key) => [key, key] as const)]) {
      const answer = await world.accepted(200, 'GET', `/v2/${each}/manifests/${reference}`);
      assert.equal(answer.headers['docker-content-digest'], digest);
      assert.equal(digestOf(answer.body, digest.split(':')[0]), digest);
    }
    for (const [digest, content] of blobs) {
      const answer = await world.accepted(200, 'GET', `/v2/${each}/blobs/${digest}`);
      assert.deepEqual(answer.body, content);
    }
  }
};

/** Requests that are wrong whatever the registry holds. */
const WRONG: readonly [RegistryErrorCode, string, string][] = [
  ['NAME_INVALID', 'GET', '/v2/A/tags/list'],
  ['NAME_INVALID', 'PUT', '/v2/a/-b/manifests/v1'],
  ['NAME_INVALID', 'POST', '/v2/%41/blobs/uploads/'],
  ['MANIFEST_UNKNOWN', 'GET', '/v2/a/manifests/-'],
  ['TAG_INVALID', 'DELETE', '/v2/a/manifests/-'],
  ['DIGEST_INVALID', 'GET', '/v2/a/blobs/v1'],
  ['DIGEST_INVALID', 'DELETE', '/v2/a/manifests/md5:00'],
  ['DIGEST_INVALID', 'POST', '/v2/a/blobs/uploads/?digest=sha256:0'],
  ['DIGEST_INVALID', 'POST', '/v2/a/blobs/uploads/?digest-algorithm=md5'],
  ['DIGEST_INVALID', 'POST', '/v2/a/blobs/uploads/?mount=x&from=b/a'],
  ['BLOB_UPLOAD_UNKNOWN', 'PATCH', '/v2/a/blobs/uploads/nobody'],
  ['ROUTE_UNKNOWN', 'GET', '/v2/a/blobs/uploads/%2e%2e%2f'],
  ['PAGINATION_NUMBER_INVALID', 'GET', '/v2/_catalog?n=1.5'],
  ['PAGINATION_NUMBER_INVALID', 'GET', '/v2/a/tags/list?n=-1'],
  ['ROUTE_UNKNOWN', 'GET', '/v2/a/b'],
  ['ROUTE_UNKNOWN', 'GET', '/v2/a/../_catalog'],
  ['UNSUPPORTED', 'POST', '/v2/_catalog'],
  ['UNSUPPORTED', 'PUT', '/v2/a/tags/list'],
  ['MANIFEST_INVALID', 'PUT', '/v2/a/manifests/v1'],
];

export const askWrongly =
  (given: { index: number }): Act =>
  async (_model, world) => {
    const [code, method, path] = WRONG[given.index] ?? ['ROUTE_UNKNOWN', 'GET', '/'];
    await world.refused([code], method, path);
  };

const last = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom('', 'a', 'a/', 'a/A', 'a-', 'V2', '_', 'b', 'b/a', '~', '/'),
);
const listing = { n: fc.integer({ min: 1, max: 3 }), last };

export const listSteps = [
  steps(fc.record(listing), listCatalog),
  steps(fc.record({ ...listing, name }), listTags),
  steps(fc.record({}), lookAround),
  steps(fc.record({ index: fc.nat({ max: WRONG.length - 1 }) }), askWrongly),
];
