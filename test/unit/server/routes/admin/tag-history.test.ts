import test from 'ava';
import { artifact, artifactIndex, push } from '../../../../helpers/content/artifacts.ts';
import { assertError } from '../../../../helpers/http/assert-error.ts';
import type { Answer } from '../../../../helpers/http/http-request.ts';
import { expectStatus, type Registry, withRegistry } from '../../../../helpers/http/with-registry.ts';
import { ANN, BOB, basic } from '../../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../../plugins/loading/fixture-folder.ts';
import { WITH_ADMINISTRATION } from '../access-cases.ts';

const HISTORY = '/v2/_ext/admin/tag-history';
const WITH_HISTORY = { filesystem: {}, delete: { enabled: true }, maintenance: { taghistory: { keep: '720h' } } };
const [FIRST, SECOND] = [artifact(), artifact({ annotations: { is: 'second' } })];

type Move = Readonly<Record<string, unknown>>;

function movesIn({ text }: Pick<Answer, 'text'>): readonly Move[] {
  return (JSON.parse(text) as { moves: readonly Move[] }).moves;
}

async function listed(registry: Pick<Registry, 'ask'>, query: string): Promise<readonly Move[]> {
  return movesIn(expectStatus(await registry.ask('GET', `${HISTORY}?repository=${query}`), 200));
}

/** A registry in which the tag `v1` was created, moved and deleted; with the times of that, the oldest first. */
async function withMoves(registry: Registry): Promise<readonly string[]> {
  await push(registry, 'team/app', FIRST, 'v1');
  await push(registry, 'team/app', SECOND, 'v1');
  expectStatus(await registry.ask('DELETE', '/v2/team/app/manifests/v1'), 202);
  const moves = await listed(registry, 'team/app&tag=v1');
  return moves.map(({ at }) => String(at)).reverse();
}

test('the history of a tag says what was moved, when, and by which request', async (t) => {
  const registry = await withRegistry(t, { storage: WITH_HISTORY, others: WITH_ADMINISTRATION });
  const headers = { 'X-Request-Id': 'the-first-one' };
  await registry.pushBlob('team/app', '{}');
  const answer = await registry.ask('PUT', '/v2/team/app/manifests/v1', {
    body: FIRST.body,
    headers: { 'Content-Type': FIRST.type, ...headers },
  });
  t.is(answer.status, 201);
  await push(registry, 'team/app', SECOND, 'v1');
  await push(registry, 'team/app', SECOND, 'latest');
  expectStatus(await registry.ask('DELETE', '/v2/team/app/manifests/v1'), 202);
  const moves = await listed(registry, 'team/app');
  t.deepEqual(
    moves.map(({ tag, from, to, found }) => ({ tag, from, to, found })),
    [
      { tag: 'latest', from: undefined, to: SECOND.digest, found: undefined },
      { tag: 'v1', from: SECOND.digest, to: undefined, found: undefined },
      { tag: 'v1', from: FIRST.digest, to: SECOND.digest, found: undefined },
      { tag: 'v1', from: undefined, to: FIRST.digest, found: undefined },
    ],
  );
  t.is(moves.at(-1)?.['requestId'], String(answer.headers['x-request-id']));
  t.true(moves.every(({ repository, user }) => repository === 'team/app' && user === undefined));
  t.deepEqual(await listed(registry, 'other'), []);
});

test('the history comes in pages', async (t) => {
  const registry = await withRegistry(t, { storage: WITH_HISTORY, others: WITH_ADMINISTRATION });
  await withMoves(registry);
  await push(registry, 'team/app', FIRST, 'latest');
  for (const query of ['team/app', 'team/app&tag=v1']) {
    const all = await listed(registry, query);
    const paged: Move[] = [];
    for (let path: string | undefined = `${HISTORY}?repository=${query}&n=1`; path !== undefined; ) {
      const answer: Answer = expectStatus(await registry.ask('GET', path), 200);
      t.is(movesIn(answer).length, 1);
      paged.push(...movesIn(answer));
      path = /<([^>]+)>; rel="next"/.exec(String(answer.headers['link'] ?? ''))?.[1];
    }
    t.deepEqual(paged, [...all]);
  }
});

test('a manifest is pulled by its tag as of a time', async (t) => {
  const registry = await withRegistry(t, { storage: WITH_HISTORY, others: WITH_ADMINISTRATION });
  const [created = '', moved = '', deleted = ''] = await withMoves(registry);
  const pull = (at: string, method = 'GET') => registry.ask(method, `/v2/team/app/manifests/v1?at=${at}`);
  t.is(expectStatus(await pull(created), 200).text, FIRST.body);
  const head = expectStatus(await pull(moved, 'HEAD'), 200);
  t.is(head.headers['docker-content-digest'], SECOND.digest);
  const [gone] = assertError(t, await pull(deleted), 404, 'MANIFEST_UNKNOWN');
  t.is(gone?.message, 'the tag did not exist at that time');
  const [early] = assertError(t, await pull('2020-01-01'), 404, 'MANIFEST_UNKNOWN');
  t.regex(early?.message ?? '', /the history of this tag begins at .*, it did not exist/);
  assertError(t, await registry.ask('GET', `/v2/team/app/manifests/other?at=${created}`), 404, 'MANIFEST_UNKNOWN');
  assertError(t, await registry.ask('GET', '/v2/team/app/manifests/v1'), 404, 'MANIFEST_UNKNOWN');
  for (const at of ['yesterday', '2026-11-30T09:00', '2999-01-01']) assertError(t, await pull(at), 400, 'UNSUPPORTED');
  const byDigest = await registry.ask('GET', `/v2/team/app/manifests/${FIRST.digest}?at=${created}`);
  assertError(t, byDigest, 400, 'UNSUPPORTED');
  expectStatus(await registry.ask('DELETE', `/v2/team/app/manifests/${FIRST.digest}`), 202);
  const [missing] = assertError(t, await pull(created), 404, 'MANIFEST_UNKNOWN');
  t.regex(missing?.message ?? '', new RegExp(`pointed to ${FIRST.digest}, which is gone; push it again, or`));
});

test('an offset with a plus need not be escaped', async (t) => {
  const registry = await withRegistry(t, { storage: WITH_HISTORY, others: WITH_ADMINISTRATION });
  const [created = ''] = await withMoves(registry);
  const local = `${new Date(Date.parse(created) + 3_600_000).toISOString().slice(0, -1)}+01:00`;
  t.is((await registry.ask('GET', `/v2/team/app/manifests/v1?at=${local}`)).text, FIRST.body);
});

test('an administrator asks for the digest of a tag as of a time', async (t) => {
  const registry = await withRegistry(t, { storage: WITH_HISTORY, others: WITH_ADMINISTRATION });
  const [created = '', , deleted = ''] = await withMoves(registry);
  const path = `${HISTORY}/digest?repository=team/app`;
  const answer = expectStatus(await registry.ask('GET', `${path}&tag=v1&at=${created}`), 200);
  t.deepEqual(JSON.parse(answer.text), { repository: 'team/app', tag: 'v1', at: created, digest: FIRST.digest });
  const cases = [
    [`${path}&tag=v1&at=${deleted}`, 404, 'MANIFEST_UNKNOWN'],
    [`${path}&tag=v1`, 400, 'UNSUPPORTED'],
    [`${path}&tag=v1&at=noon`, 400, 'UNSUPPORTED'],
    [`${path}&at=${created}`, 400, 'TAG_INVALID'],
    [`${path}&tag=.&at=${created}`, 400, 'TAG_INVALID'],
    [`${HISTORY}/digest?tag=v1&at=${created}`, 400, 'NAME_INVALID'],
    [HISTORY, 400, 'NAME_INVALID'],
    [`${HISTORY}?repository=Team`, 400, 'NAME_INVALID'],
    [`${HISTORY}?repository=team/app&tag=.`, 400, 'TAG_INVALID'],
    [`${HISTORY}?repository=team/app&n=x`, 400, 'PAGINATION_NUMBER_INVALID'],
  ] as const;
  for (const [wrong, status, code] of cases) assertError(t, await registry.ask('GET', wrong), status, code);
});

test('without a history, a pull as of a time is refused, and the list is empty', async (t) => {
  const registry = await withRegistry(t, { others: WITH_ADMINISTRATION });
  await push(registry, 'team/app', FIRST, 'v1');
  const [error] = assertError(
    t,
    await registry.ask('GET', '/v2/team/app/manifests/v1?at=2026-01-01'),
    400,
    'UNSUPPORTED',
  );
  t.regex(error?.message ?? '', /storage\.maintenance\.taghistory\.keep/);
  t.deepEqual(await listed(registry, 'team/app'), []);
});

test('users are named, and only an administrator of the repository reads its history', async (t) => {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n` });
  const rules = [
    { repositories: ['team/**'], users: ['ann'], allow: ['admin'] },
    { repositories: ['**', 'team/**'], users: ['bob'], allow: ['pull', 'push'] },
  ];
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
  const registry = await withRegistry(t, { storage: WITH_HISTORY, auth, folder, others: { authorization: { rules } } });
  const [asAnn, asBob] = [basic('ann', ANN.password), basic('bob', BOB.password)];
  const index = artifactIndex();
  const headers = { Authorization: asBob, 'Content-Type': index.type };
  for (const name of ['team/app', 'other'])
    expectStatus(await registry.ask('PUT', `/v2/${name}/manifests/v1`, { body: index.body, headers }), 201);
  const ask = (query: string, authorization?: string) =>
    registry.ask('GET', `${HISTORY}${query}`, authorization ? { headers: { Authorization: authorization } } : {});
  t.like(movesIn(expectStatus(await ask('?repository=team/app', asAnn), 200))[0], { user: 'bob', to: index.digest });
  t.is((await ask('?repository=other', asAnn)).status, 403);
  t.is((await ask('?repository=team/app', asBob)).status, 403);
  t.is((await ask('?repository=team/app')).status, 401);
  t.is((await ask('/digest?repository=team/app&tag=v1&at=2026-01-01', asBob)).status, 403);
  const pull = await registry.ask('GET', '/v2/team/app/manifests/v1?at=2020-01-01', {
    headers: { Authorization: asBob },
  });
  assertError(t, pull, 404, 'MANIFEST_UNKNOWN');
});
