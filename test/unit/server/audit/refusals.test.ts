import type { ExecutionContext } from 'ava';
import test from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { type AuditedRegistry, as, fieldsOf, usersIn, withAudit } from '../../../helpers/http/audited-registry.ts';
import { digestOf, imageManifest, OCI_MANIFEST } from '../../../helpers/http/with-registry.ts';

const RULES = [
  { name: 'all push', repositories: ['**'], authenticated: true, allow: ['push'] },
  { name: 'not eve', repositories: ['**'], users: ['eve'], deny: ['push'] },
  { name: 'ann hides', repositories: ['hidden/**'], users: ['ann'], allow: ['*'] },
];

/** With the users ann, bob and eve; a rule for anonymous clients turns the token server on. */
async function withRules(t: ExecutionContext, others = {}): Promise<AuditedRegistry> {
  const folder = await tempRoot(t);
  return withAudit(t, {
    folder,
    auth: await usersIn(folder, 'ann', 'bob', 'eve'),
    audit: { events: undefined },
    others: { authorization: { rules: RULES, ...others } },
  });
}

test('a refusal is recorded with the rule that decided, or with "no rule"', async (t) => {
  const { registry, recorded } = await withRules(t);
  await registry.ask('POST', '/v2/a/blobs/uploads/', { headers: as('eve') });
  await registry.ask('DELETE', '/v2/a/manifests/v1', { headers: as('bob') });
  await registry.ask('GET', '/v2/hidden/a/manifests/v1', { headers: as('bob') });
  t.deepEqual(
    fieldsOf(await recorded(), 'action', 'outcome', 'status', 'user', 'repository', 'tag', 'rule', 'error', 'request'),
    [
      {
        ...{ action: 'push', outcome: 'refused', status: 403, user: 'eve', repository: 'a', rule: 'not eve' },
        ...{ error: 'DENIED', request: 'POST /v2/a/blobs/uploads/' },
      },
      {
        ...{ action: 'delete', outcome: 'refused', status: 403, user: 'bob', repository: 'a', tag: 'v1' },
        ...{ rule: 'no rule', error: 'DENIED', request: 'DELETE /v2/a/manifests/v1' },
      },
      {
        ...{ action: 'pull', outcome: 'refused', status: 403, user: 'bob', repository: 'hidden/a', tag: 'v1' },
        ...{ rule: 'no rule', error: 'DENIED', request: 'GET /v2/hidden/a/manifests/v1' },
      },
    ],
  );
});

test('moving a tag without the right to is recorded as a refused overwrite; an immutable tag names itself', async (t) => {
  const { registry, recorded } = await withRules(t, { immutabletags: [{ repositories: ['hidden/*'], tags: ['v*'] }] });
  const put = async (name: string, user: string, layer: string): Promise<number> => {
    const headers = as(user);
    for (const blob of ['{}', layer]) {
      const path = `/v2/${name}/blobs/uploads/?digest=${digestOf(blob)}`;
      await registry.ask('POST', path, { headers, body: blob });
    }
    const body = imageManifest(layer);
    const path = `/v2/${name}/manifests/v1`;
    return (await registry.ask('PUT', path, { body, headers: { ...headers, 'Content-Type': OCI_MANIFEST } })).status;
  };
  t.is(await put('a', 'bob', 'one'), 201);
  t.not(await put('a', 'bob', 'two'), 201);
  t.is(await put('hidden/a', 'ann', 'one'), 201);
  t.not(await put('hidden/a', 'ann', 'two'), 201);
  await registry.ask('DELETE', '/v2/hidden/a/manifests/v1', { headers: as('ann') });
  const refused = (await recorded()).filter(({ outcome }) => outcome !== 'allowed');
  t.deepEqual(fieldsOf(refused, 'action', 'outcome', 'user', 'tag', 'rule'), [
    { action: 'overwrite', outcome: 'refused', user: 'bob', tag: 'v1', rule: 'no rule' },
    { action: 'overwrite', outcome: 'refused', user: 'ann', tag: 'v1', rule: 'immutable tag' },
    { action: 'delete', outcome: 'refused', user: 'ann', tag: 'v1', rule: 'immutable tag' },
  ]);
});

test('an overwrite is recorded with the rule that allows moving tags, not with that for pushes', async (t) => {
  const rules = [...RULES, { name: 'ann moves', repositories: ['**'], users: ['ann'], allow: ['overwrite'] }];
  const { registry, recorded } = await withRules(t, { rules });
  for (const layer of ['{}', '{ }']) {
    const body = imageManifest(layer);
    for (const blob of ['{}', layer]) {
      await registry.ask('POST', `/v2/a/blobs/uploads/?digest=${digestOf(blob)}`, { headers: as('ann'), body: blob });
    }
    const headers = { ...as('ann'), 'Content-Type': OCI_MANIFEST };
    await registry.ask('PUT', '/v2/a/manifests/v1', { body, headers });
  }
  const tagged = (await recorded()).filter(({ tag }) => tag !== undefined);
  t.deepEqual(fieldsOf(tagged, 'action', 'rule'), [
    { action: 'push', rule: 'all push' },
    { action: 'overwrite', rule: 'ann moves' },
  ]);
});

test('a mount from a repository that the client may not pull is recorded as refused, though the upload begins', async (t) => {
  const { registry, recorded } = await withRules(t);
  const digest = digestOf('bytes');
  const path = `/v2/a/blobs/uploads/?mount=${digest}&from=hidden/a`;
  t.is((await registry.ask('POST', path, { headers: as('bob') })).status, 202);
  t.deepEqual(fieldsOf(await recorded(), 'action', 'outcome', 'status', 'fromRepository', 'digest', 'rule'), [
    { action: 'mount', outcome: 'refused', status: 202, fromRepository: 'hidden/a', digest, rule: 'no rule' },
  ]);
});

test('a failed log-in is recorded with the name that was given; a request without credentials is a challenge', async (t) => {
  const { registry, recorded } = await withRules(t);
  await registry.ask('GET', '/v2/', { headers: as('bob', 'wrong') });
  await registry.ask('GET', '/v2/a/manifests/v1', { headers: as('nobody', 'wrong') });
  await registry.ask('GET', '/v2/', { headers: { Authorization: 'Bearer a.b.c' } });
  await registry.ask('GET', '/v2/');
  await registry.ask('POST', '/v2/a/blobs/uploads/');
  t.deepEqual(fieldsOf(await recorded(), 'action', 'outcome', 'status', 'user', 'error', 'reason'), [
    {
      ...{ action: 'login', outcome: 'refused', status: 401, user: 'bob', error: 'UNAUTHORIZED' },
      reason: 'wrong password',
    },
    {
      ...{ action: 'login', outcome: 'refused', status: 401, user: 'nobody', error: 'UNAUTHORIZED' },
      reason: 'the password file has no such user',
    },
    {
      ...{ action: 'login', outcome: 'refused', status: 401, error: 'UNAUTHORIZED' },
      reason: 'the Authorization header is not Basic',
    },
  ]);
});

test('challenges are recorded when they are asked for', async (t) => {
  const folder = await tempRoot(t);
  const auth = await usersIn(folder, 'ann');
  const { registry, recorded } = await withAudit(t, { folder, auth, audit: { events: ['challenge'] } });
  await registry.ask('POST', '/v2/a/blobs/uploads/');
  await registry.ask('POST', '/v2/a/blobs/uploads/', { headers: as('ann', 'wrong') });
  t.deepEqual(fieldsOf(await recorded(), 'action', 'outcome', 'status', 'repository'), [
    { action: 'push', outcome: 'refused', status: 401, repository: 'a' },
  ]);
});

test('what the configuration forbids is recorded as refused', async (t) => {
  const { registry, recorded } = await withAudit(t, { storage: { delete: { enabled: false } } });
  await registry.ask('DELETE', '/v2/a/manifests/v1');
  t.deepEqual(fieldsOf(await recorded(), 'action', 'outcome', 'status', 'error'), [
    { action: 'delete', outcome: 'refused', status: 405, error: 'UNSUPPORTED' },
  ]);
});
