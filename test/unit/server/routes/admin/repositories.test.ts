import test from 'ava';
import { artifact, push } from '../../../../helpers/content/artifacts.ts';
import { assertError } from '../../../../helpers/http/assert-error.ts';
import type { Answer } from '../../../../helpers/http/http-request.ts';
import { expectStatus, withRegistry } from '../../../../helpers/http/with-registry.ts';
import { until } from '../../../../helpers/running/until.ts';
import { WITH_ADMINISTRATION } from '../access-cases.ts';

const REPOSITORY = '/v2/_ext/admin/repository';
const CHANGES = `${REPOSITORY}/changes`;
const DELETES = { filesystem: {}, delete: { enabled: true } };

test('repositories are deleted and renamed, and take no changes meanwhile', async (t) => {
  const registry = await withRegistry(t, { storage: DELETES, others: WITH_ADMINISTRATION });
  const image = artifact();
  for (const name of ['team', 'team/app', 'other']) await push(registry, name, image, 'v1');
  const deleted = expectStatus(await registry.ask('DELETE', `${REPOSITORY}?repository=other`), 202);
  t.like(JSON.parse(deleted.text), { action: 'delete', repository: 'other', state: 'announced' });
  const renamed = expectStatus(await registry.ask('POST', `${CHANGES}?from=team&to=new/name`), 202);
  t.like(JSON.parse(renamed.text), { action: 'rename', repository: 'team', to: 'new/name' });
  const changes = async (): Promise<readonly unknown[]> =>
    (JSON.parse((await registry.ask('GET', CHANGES)).text) as { changes: readonly unknown[] }).changes;
  t.is((await changes()).length, 2);
  const refused = await registry.putManifest('team', 'v2', { body: image.body, type: image.type });
  assertError(t, refused, 503, 'UNAVAILABLE');
  t.truthy(refused.headers['retry-after']);
  t.is((await registry.ask('GET', '/v2/team/manifests/v1')).text, image.body);
  await until('both have ended', async () => (await changes()).length === 0, 60_000);
  const ending = async (query = ''): Promise<Answer> =>
    registry.ask('GET', `${CHANGES}/${(JSON.parse(deleted.text) as { id: string }).id}${query}`);
  const known = await until(
    'it is known how it has ended',
    async () => {
      const answer = await ending();
      return answer.status === 200 ? answer : undefined;
    },
    10_000,
  );
  t.like(JSON.parse(known.text), { repository: 'other', state: 'completed', tags: 1, manifests: 1 });
  t.is((await ending('?repository=other')).status, 200);
  assertError(t, await ending('?repository=team'), 404, 'UNSUPPORTED');
  assertError(t, await registry.ask('GET', `${CHANGES}/x`), 404, 'UNSUPPORTED');
  const catalog = await registry.ask('GET', '/v2/_catalog');
  t.deepEqual(JSON.parse(catalog.text), { repositories: ['new/name', 'team/app'] });
  t.is((await registry.ask('GET', '/v2/new/name/manifests/v1')).text, image.body);
});

test('a change that cannot exist is not found, however long its name is', async (t) => {
  const registry = await withRegistry(t, { others: WITH_ADMINISTRATION });
  for (const id of ['change-1', `change-${'a'.repeat(300)}`, 'other'])
    t.is((await registry.ask('GET', `${CHANGES}/${id}`)).status, 404, id);
});

test('a delete is withdrawn while it waits, and the repository takes changes again', async (t) => {
  const registry = await withRegistry(t, { storage: DELETES, others: WITH_ADMINISTRATION });
  const image = artifact();
  await push(registry, 'team', image, 'v1');
  expectStatus(await registry.ask('DELETE', `${REPOSITORY}?repository=team`), 202);
  const withdrawn = expectStatus(await registry.ask('DELETE', `${CHANGES}?name=team`), 202);
  t.like(JSON.parse(withdrawn.text), { action: 'delete', repository: 'team', state: 'withdrawn' });
  const put = async (): Promise<number> =>
    (await registry.putManifest('team', 'v2', { body: image.body, type: image.type })).status;
  await until('it takes changes', async () => (await put()) === 201, 60_000);
  t.is((await registry.ask('GET', '/v2/team/manifests/v1')).text, image.body);
  t.deepEqual(JSON.parse((await registry.ask('GET', CHANGES)).text), { changes: [] });
});

test('what cannot be done is refused with what is wrong', async (t) => {
  const middleware = { registry: [{ name: 'immutable-tags', options: { tags: ['v*'] } }] };
  const registry = await withRegistry(t, { storage: DELETES, others: { ...WITH_ADMINISTRATION, middleware } });
  for (const name of ['team', 'other']) await push(registry, name, artifact(), 'v1');
  const cases = [
    ['DELETE', REPOSITORY, 400, 'NAME_INVALID'],
    ['DELETE', `${REPOSITORY}?repository=Team`, 400, 'NAME_INVALID'],
    ['DELETE', `${REPOSITORY}?repository=missing`, 404, 'NAME_UNKNOWN'],
    ['DELETE', `${REPOSITORY}?repository=team`, 403, 'DENIED'],
    ['DELETE', `${REPOSITORY}?repository=team&force=yes`, 400, 'UNSUPPORTED'],
    ['POST', CHANGES, 400, 'UNSUPPORTED'],
    ['DELETE', CHANGES, 400, 'UNSUPPORTED'],
    ['DELETE', `${CHANGES}?name=team`, 409, 'UNSUPPORTED'],
    ['POST', `${CHANGES}?from=team&to=New`, 400, 'UNSUPPORTED'],
    ['POST', `${CHANGES}?from=team&to=other`, 409, 'UNSUPPORTED'],
    ['POST', `${CHANGES}?from=team&to=team`, 409, 'UNSUPPORTED'],
    ['POST', `${CHANGES}?from=team&to=new`, 403, 'DENIED'],
  ] as const;
  for (const [method, path, status, code] of cases) assertError(t, await registry.ask(method, path), status, code);
  const strict = await withRegistry(t, {
    storage: { filesystem: {}, delete: { enabled: false } },
    others: WITH_ADMINISTRATION,
  });
  await push(strict, 'team', artifact(), 'v1');
  const [error] = assertError(t, await strict.ask('DELETE', `${REPOSITORY}?repository=team`), 409, 'UNSUPPORTED');
  t.regex(error?.message ?? '', /storage.delete.enabled/);
  const rename = await strict.ask('POST', `${CHANGES}?from=team&to=new`);
  t.regex(assertError(t, rename, 409, 'UNSUPPORTED')[0]?.message ?? '', /a rename removes the old name/);
});

test('a page of another site cannot use the log-in that a browser remembers', async (t) => {
  const registry = await withRegistry(t, { storage: DELETES, others: WITH_ADMINISTRATION });
  await push(registry, 'team', artifact(), 'v1');
  const path = `${CHANGES}?from=team&to=new`;
  for (const site of ['cross-site', 'same-site']) {
    const refused = await registry.ask('POST', path, { headers: { 'Sec-Fetch-Site': site } });
    t.regex(JSON.stringify(assertError(t, refused, 403, 'DENIED')), /another site/);
  }
  t.is((await registry.ask('POST', path, { headers: { 'Sec-Fetch-Site': 'same-origin' } })).status, 202);
});
