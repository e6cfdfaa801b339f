import test from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const NAMES = ['a', 'a/b', 'a-b', 'b', 'c/d/e'];
// Component by component in byte order, as distribution lists them.
const IN_ORDER = ['a', 'a/b', 'a-b', 'b', 'c/d/e'];

function repositories(answer: Answer): unknown {
  return (JSON.parse(answer.text) as { repositories: unknown }).repositories;
}

test('an empty registry has an empty catalog', async (t) => {
  const registry = await withRegistry(t);
  const answer = await registry.ask('GET', '/v2/_catalog');
  t.is(answer.status, 200);
  t.is(answer.text, '{"repositories":[]}');
  t.is(answer.headers['link'], undefined);
});

for (const storage of ['inmemory', 'filesystem']) {
  test(`the catalog on ${storage} comes in pages that follow each other by Link`, async (t) => {
    const registry = await withRegistry(t, { storage: { [storage]: {} } });
    for (const name of NAMES.toReversed()) await registry.pushImage(name, 'v1');
    t.deepEqual(repositories(await registry.ask('GET', '/v2/_catalog')), IN_ORDER);

    const pages: unknown[] = [];
    let path: string | undefined = '/v2/_catalog?n=2';
    while (path !== undefined) {
      const answer: Answer = await registry.ask('GET', path);
      pages.push(repositories(answer));
      const link = /^<(\/v2\/_catalog\?[^>]*)>; rel="next"$/.exec(answer.headers['link'] as string)?.[1];
      t.is(link === undefined, answer.headers['link'] === undefined);
      path = link;
    }
    t.deepEqual(pages, [IN_ORDER.slice(0, 2), IN_ORDER.slice(2, 4), IN_ORDER.slice(4)]);
  });
}

test('a page that ends with the last repository has no Link', async (t) => {
  const registry = await withRegistry(t);
  for (const name of ['x', 'y']) await registry.pushImage(name, 'v1');
  const answer = await registry.ask('GET', '/v2/_catalog?n=2');
  t.deepEqual(repositories(answer), ['x', 'y']);
  t.is(answer.headers['link'], undefined);
});

test('n=0 gives an empty catalog without Link', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushImage('x', 'v1');
  const answer = await registry.ask('GET', '/v2/_catalog?n=0');
  t.deepEqual(repositories(answer), []);
  t.is(answer.headers['link'], undefined);
});

test('n above the configured maximum is cut down to it and the rest is linked', async (t) => {
  const registry = await withRegistry(t, { others: { catalog: { maxentries: 1 } } });
  for (const name of ['x', 'y']) await registry.pushImage(name, 'v1');
  for (const path of ['/v2/_catalog?n=10000', '/v2/_catalog']) {
    const answer = await registry.ask('GET', path);
    t.deepEqual(repositories(answer), ['x']);
    t.is(answer.headers['link'], '</v2/_catalog?last=x&n=1>; rel="next"');
  }
});

test('last need not be a repository', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  for (const name of NAMES) await registry.pushImage(name, 'v1');
  const cases: [string, string[]][] = [
    ['a', ['a/b', 'a-b', 'b', 'c/d/e']],
    ['a/a', ['a/b', 'a-b', 'b', 'c/d/e']],
    ['a/c', ['a-b', 'b', 'c/d/e']],
    ['c/d/e', []],
    ['zzz', []],
    ['../../etc', IN_ORDER],
    ['A', IN_ORDER],
    ['a/'.repeat(5000), ['a/b', 'a-b', 'b', 'c/d/e']],
    ['', IN_ORDER],
  ];
  for (const [last, expected] of cases) {
    const answer = await registry.ask('GET', `/v2/_catalog?last=${encodeURIComponent(last)}`);
    t.is(answer.status, 200, answer.text);
    t.deepEqual(repositories(answer), expected, `last=${last.slice(0, 20)}`);
  }
});

test('n is refused unless it is a number of at least zero', async (t) => {
  const registry = await withRegistry(t);
  for (const n of ['-1', 'abc', '1.5', '1e3', '0x10', '99999999999999999999', '%00']) {
    assertError(t, await registry.ask('GET', `/v2/_catalog?n=${n}`), 400, 'PAGINATION_NUMBER_INVALID');
  }
});

test('HEAD of the catalog has the headers of GET', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushImage('x', 'v1');
  const [get, head] = [await registry.ask('GET', '/v2/_catalog'), await registry.ask('HEAD', '/v2/_catalog')];
  t.is(head.headers['content-length'], get.headers['content-length']);
  t.is(head.text, '');
});
