import test from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const TAGS = ['B', '_x', 'a', 'a.1', 'a1', 'latest', 'v1.10', 'v1.9'];

function tags(answer: Answer): unknown {
  return (JSON.parse(answer.text) as { tags: unknown }).tags;
}

for (const storage of ['inmemory', 'filesystem']) {
  test(`tags on ${storage} are listed in byte order, as a whole and in pages`, async (t) => {
    const registry = await withRegistry(t, { storage: { [storage]: {} } });
    for (const tag of TAGS.toReversed()) await registry.pushImage('team/app', tag);
    const whole = await registry.ask('GET', '/v2/team/app/tags/list');
    t.deepEqual(JSON.parse(whole.text), { name: 'team/app', tags: TAGS });
    t.is(whole.headers['content-type'], 'application/json');
    t.is(whole.headers['link'], undefined);

    const first = await registry.ask('GET', '/v2/team/app/tags/list?n=3');
    t.deepEqual(tags(first), TAGS.slice(0, 3));
    t.is(first.headers['link'], '</v2/team/app/tags/list?last=a&n=3>; rel="next"');
    const second = await registry.ask('GET', '/v2/team/app/tags/list?last=a&n=3');
    t.deepEqual(tags(second), TAGS.slice(3, 6));
    const third = await registry.ask('GET', '/v2/team/app/tags/list?last=latest&n=3');
    t.deepEqual(tags(third), TAGS.slice(6));
    t.is(third.headers['link'], undefined);
  });
}

test('last works without n and need not be a tag', async (t) => {
  const registry = await withRegistry(t);
  for (const tag of TAGS) await registry.pushImage('app', tag);
  const cases: [string, string[]][] = [
    ['a1', ['latest', 'v1.10', 'v1.9']],
    ['b', ['latest', 'v1.10', 'v1.9']],
    ['zzz', []],
    ['../..', TAGS],
    ['%00', TAGS],
    ['a'.repeat(5000), ['latest', 'v1.10', 'v1.9']],
  ];
  for (const [last, expected] of cases) {
    const answer = await registry.ask('GET', `/v2/app/tags/list?last=${last}`);
    t.deepEqual(tags(answer), expected, last.slice(0, 20));
    t.is(answer.headers['link'], undefined);
  }
});

test('n=0 returns no tags and no Link', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushImage('app', 'v1');
  const answer = await registry.ask('GET', '/v2/app/tags/list?n=0');
  t.is(answer.status, 200);
  t.deepEqual(tags(answer), []);
  t.is(answer.headers['link'], undefined);
});

test('n above the configured maximum is cut down to it', async (t) => {
  const registry = await withRegistry(t, { others: { tags: { maxtags: 1 } } });
  for (const tag of ['v1', 'v2']) await registry.pushImage('app', tag);
  const answer = await registry.ask('GET', '/v2/app/tags/list?n=10000');
  t.deepEqual(tags(answer), ['v1']);
  t.is(answer.headers['link'], '</v2/app/tags/list?last=v1&n=1>; rel="next"');
});

test('the tags of a repository that does not exist are unknown, also with n=0', async (t) => {
  const registry = await withRegistry(t);
  for (const query of ['', '?n=0', '?n=5&last=x']) {
    assertError(t, await registry.ask('GET', `/v2/nobody/app/tags/list${query}`), 404, 'NAME_UNKNOWN');
  }
});

test('n is refused unless it is a number of at least zero', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushImage('app', 'v1');
  for (const n of ['-1', 'abc', '1.5', '1e3']) {
    assertError(t, await registry.ask('GET', `/v2/app/tags/list?n=${n}`), 400, 'PAGINATION_NUMBER_INVALID');
  }
});

test('a repository whose last tag was deleted still exists', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  await registry.pushImage('app', 'v1');
  t.is((await registry.ask('DELETE', '/v2/app/manifests/v1')).status, 202);
  t.is((await registry.ask('GET', '/v2/app/tags/list')).text, '{"name":"app","tags":[]}');
});

test('a repository may be named like a route', async (t) => {
  const registry = await withRegistry(t);
  for (const name of ['tags/list', 'a/tags/list', 'a/blobs/uploads', 'a/manifests/b', 'v2', 'manifests']) {
    await registry.pushImage(name, 'v1', `layer of ${name}`);
    t.is((await registry.ask('GET', `/v2/${name}/tags/list`)).text, JSON.stringify({ name, tags: ['v1'] }));
    t.is((await registry.ask('GET', `/v2/${name}/manifests/v1`)).status, 200);
  }
});
