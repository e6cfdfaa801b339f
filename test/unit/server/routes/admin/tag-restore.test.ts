import test from 'ava';
import { artifact, artifactIndex, push } from '../../../../helpers/content/artifacts.ts';
import { assertError } from '../../../../helpers/http/assert-error.ts';
import { fieldsOf, withAudit } from '../../../../helpers/http/audited-registry.ts';
import { expectStatus, type Registry, withRegistry } from '../../../../helpers/http/with-registry.ts';
import { ANN, BOB, basic } from '../../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../../plugins/loading/fixture-folder.ts';
import { WITH_ADMINISTRATION } from '../access-cases.ts';

const HISTORY = '/v2/_ext/admin/tag-history';
const RESTORE = `${HISTORY}/restore`;
const WITH_HISTORY = { filesystem: {}, delete: { enabled: true }, maintenance: { taghistory: { keep: '720h' } } };
const [FIRST, SECOND] = [artifact(), artifact({ annotations: { is: 'second' } })];

const [INDEX, OTHER] = [artifactIndex(), artifactIndex({ annotations: { is: 'other' } })];

type Ask = Pick<Registry, 'ask'>;

/** The times of the moves of `v1`, the oldest first. */
async function timesOf(registry: Ask): Promise<readonly string[]> {
  const { text } = expectStatus(await registry.ask('GET', `${HISTORY}?repository=team/app&tag=v1`), 200);
  return (JSON.parse(text) as { moves: readonly { at: string }[] }).moves.map(({ at }) => at).reverse();
}

/** Pushes `v1` twice; resolves with when it was created. */
async function movedTag(registry: Registry): Promise<string> {
  await push(registry, 'team/app', FIRST, 'v1');
  await push(registry, 'team/app', SECOND, 'v1');
  return (await timesOf(registry))[0] ?? '';
}

const restored = (registry: Ask, at: string) => registry.ask('POST', `${RESTORE}?repository=team/app&tag=v1&at=${at}`);

test('a tag points back to what it was at a time, and its history says who did it', async (t) => {
  const registry = await withRegistry(t, { storage: WITH_HISTORY, others: WITH_ADMINISTRATION });
  const created = await movedTag(registry);
  const answer = expectStatus(await restored(registry, created), 200);
  const common = { repository: 'team/app', tag: 'v1', at: created, digest: FIRST.digest };
  t.deepEqual(JSON.parse(answer.text), { ...common, before: SECOND.digest });
  t.is((await registry.ask('GET', '/v2/team/app/manifests/v1')).text, FIRST.body);
  const moves = await timesOf(registry);
  t.is(moves.length, 3);
  // What it is already moves nothing.
  t.deepEqual(JSON.parse((await restored(registry, created)).text), { ...common, before: FIRST.digest });
  t.deepEqual(await timesOf(registry), moves);
  const undone = expectStatus(await restored(registry, moves[1] ?? ''), 200);
  t.like(JSON.parse(undone.text), { digest: SECOND.digest, before: FIRST.digest });
});

test('a tag that was deleted comes back', async (t) => {
  const registry = await withRegistry(t, { storage: WITH_HISTORY, others: WITH_ADMINISTRATION });
  const created = await movedTag(registry);
  expectStatus(await registry.ask('DELETE', '/v2/team/app/manifests/v1'), 202);
  const answer = expectStatus(await restored(registry, created), 200);
  t.deepEqual(JSON.parse(answer.text), { repository: 'team/app', tag: 'v1', at: created, digest: FIRST.digest });
  t.is((await registry.ask('GET', '/v2/team/app/manifests/v1')).text, FIRST.body);
});

test('a tag is not pointed to nothing, nor to what is gone', async (t) => {
  const registry = await withRegistry(t, { storage: WITH_HISTORY, others: WITH_ADMINISTRATION });
  const created = await movedTag(registry);
  const query = `repository=team/app&tag=v1&at=${created}`;
  const cases = [
    [`?${query.replace('repository=team/app&', '')}`, 400, 'NAME_INVALID'],
    ['?repository=team/app&tag=v1', 400, 'UNSUPPORTED'],
    [`?repository=team/app&at=${created}`, 400, 'TAG_INVALID'],
    ['?repository=team/app&tag=v1&at=noon', 400, 'UNSUPPORTED'],
    ['?repository=team/app&tag=v1&at=2020-01-01', 404, 'MANIFEST_UNKNOWN'],
    [`?repository=team/app&tag=v2&at=${created}`, 404, 'MANIFEST_UNKNOWN'],
  ] as const;
  for (const [wrong, status, code] of cases)
    assertError(t, await registry.ask('POST', `${RESTORE}${wrong}`), status, code);
  expectStatus(await registry.ask('DELETE', `/v2/team/app/manifests/${FIRST.digest}`), 202);
  const [gone] = assertError(t, await restored(registry, created), 404, 'MANIFEST_UNKNOWN');
  t.regex(gone?.message ?? '', new RegExp(`${FIRST.digest}, which is gone`));
  t.is((await registry.ask('GET', '/v2/team/app/manifests/v1')).text, SECOND.body);
});

test('only who may move the tag restores it, and the audit log says what was done and refused', async (t) => {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n` });
  const rules = [
    { repositories: ['**'], users: ['ann'], allow: ['admin'] },
    { repositories: ['team/**'], users: ['bob'], allow: ['admin'] },
    { repositories: ['team/app'], users: ['bob'], deny: ['overwrite'] },
    { repositories: ['team/web'], users: ['bob'], deny: ['push'] },
  ];
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
  const others = { authorization: { rules } };
  const options = { storage: WITH_HISTORY, auth, folder, others, audit: { events: ['admin', 'refused'] } };
  const { registry, recorded } = await withAudit(t, options);
  const [asAnn, asBob] = [basic('ann', ANN.password), basic('bob', BOB.password)];
  const ask = (Authorization: string, method: string, path: string) =>
    registry.ask(method, path, { headers: { Authorization } });
  for (const { body, type } of [INDEX, OTHER])
    for (const name of ['team/app', 'team/web', 'other']) {
      const headers = { Authorization: asAnn, 'Content-Type': type };
      expectStatus(await registry.ask('PUT', `/v2/${name}/manifests/v1`, { body, headers }), 201);
    }
  const [created = ''] = await timesOf({ ask: (method, path) => ask(asAnn, method, path) });
  const wanted = (name: string): string => `${RESTORE}?repository=${name}&tag=v1&at=${created}`;
  for (const name of ['other', 'team/app', 'team/web']) t.is((await ask(asBob, 'POST', wanted(name))).status, 403);
  expectStatus(await ask(asAnn, 'POST', wanted('team/app')), 200);
  const { text } = await ask(asAnn, 'GET', `${HISTORY}?repository=team/app&tag=v1`);
  t.like((JSON.parse(text) as { moves: unknown[] }).moves[0], { user: 'ann', from: OTHER.digest, to: INDEX.digest });
  const lines = fieldsOf(await recorded(), 'action', 'outcome', 'user', 'repository', 'tag', 'digest', 'replaced');
  const [repository, tag] = ['team/app', 'v1'];
  t.deepEqual(lines.slice(1), [
    { action: 'admin', outcome: 'refused', user: 'bob', repository, tag },
    { action: 'admin', outcome: 'refused', user: 'bob', repository: 'team/web', tag },
    { action: 'admin', outcome: 'allowed', user: 'ann', repository, tag, digest: INDEX.digest, replaced: OTHER.digest },
  ]);
});
