import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { type Artifact, artifact, artifactIndex, descriptorOf, push } from '../../../../helpers/content/artifacts.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';
import { assertError } from '../../../../helpers/http/assert-error.ts';
import { fieldsOf, withAudit } from '../../../../helpers/http/audited-registry.ts';
import type { Answer } from '../../../../helpers/http/http-request.ts';
import { digestOf, expectStatus, type Registry, withRegistry } from '../../../../helpers/http/with-registry.ts';
import { AUDIT_SINK } from '../../../../helpers/plugins/audit-sink.ts';
import { until } from '../../../../helpers/running/until.ts';
import { ANN, BOB, basic } from '../../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../../plugins/loading/fixture-folder.ts';
import { WITH_ADMINISTRATION } from '../access-cases.ts';

const TRASH = '/v2/_ext/admin/trash';
const RESTORE = `${TRASH}/restore`;
const KEPT = { filesystem: {}, delete: { enabled: true, keep: '72h' } };
const IMAGE = artifact();
const OTHER = artifact({ annotations: { a: 'b' } });

type Deletion = Readonly<Record<string, unknown>>;

function deletionsIn({ text }: Pick<Answer, 'text'>): readonly Deletion[] {
  return (JSON.parse(text) as { deletions: readonly Deletion[] }).deletions;
}

async function listed(registry: Pick<Registry, 'ask'>, query = ''): Promise<readonly Deletion[]> {
  return deletionsIn(expectStatus(await registry.ask('GET', `${TRASH}${query}`), 200));
}

/** Pushes an image to a repository, and deletes the tag or the manifest. */
async function deleted(registry: Registry, name: string, image: Artifact, what: string = image.digest): Promise<void> {
  await push(registry, name, image, 'v1');
  expectStatus(await registry.ask('DELETE', `/v2/${name}/manifests/${what}`), 202);
}

test('what was deleted is listed, comes back with its tags and children, and is listed no more', async (t) => {
  const registry = await withRegistry(t, { storage: KEPT, others: WITH_ADMINISTRATION });
  t.deepEqual(await listed(registry), []);
  const index = artifactIndex({ manifests: [descriptorOf(IMAGE)] });
  await push(registry, 'team/app', IMAGE, IMAGE.digest);
  await deleted(registry, 'team/app', index);
  expectStatus(await registry.ask('DELETE', `/v2/team/app/manifests/${IMAGE.digest}`), 202);
  const [first, second, ...others] = await listed(registry);
  t.deepEqual(others, []);
  t.like(first, { repository: 'team/app', kind: 'manifest', digest: index.digest, tags: ['v1'] });
  t.is(Date.parse(String(first?.['until'])) - Date.parse(String(first?.['deletedAt'])), 72 * 60 * 60 * 1000);
  t.like(second, { kind: 'manifest', digest: IMAGE.digest, tags: [] });
  const back = expectStatus(await registry.ask('POST', `${RESTORE}?repository=team/app&reference=v1`), 200);
  t.deepEqual(JSON.parse(back.text), {
    repository: 'team/app',
    manifests: [index.digest, IMAGE.digest],
    tags: ['v1'],
    blobs: [],
  });
  t.is((await registry.ask('GET', '/v2/team/app/manifests/v1')).text, index.body);
  t.is((await registry.ask('GET', `/v2/team/app/manifests/${IMAGE.digest}`)).text, IMAGE.body);
  t.deepEqual(await listed(registry), []);
});

test('deletions come in pages, by repository and the oldest first, or for one repository', async (t) => {
  const registry = await withRegistry(t, { storage: KEPT, others: WITH_ADMINISTRATION });
  for (const name of ['b', 'a/x', 'a', 'b', 'a-b']) await deleted(registry, name, IMAGE, 'v1');
  // One that is back in the middle.
  expectStatus(await registry.ask('POST', `${RESTORE}?repository=a/x&reference=v1`), 200);
  const all = await listed(registry);
  t.deepEqual(
    all.map(({ repository }) => repository),
    ['a', 'a-b', 'b', 'b'],
  );
  const paged: Deletion[] = [];
  for (let path: string | undefined = `${TRASH}?n=1`; path !== undefined; ) {
    const answer: Answer = expectStatus(await registry.ask('GET', path), 200);
    t.is(deletionsIn(answer).length, 1);
    paged.push(...deletionsIn(answer));
    path = /<([^>]+)>; rel="next"/.exec(String(answer.headers['link'] ?? ''))?.[1];
  }
  t.deepEqual(paged, all);
  t.is((await listed(registry, '?repository=b')).length, 2);
  t.is((await listed(registry, '?repository=b&n=1')).length, 1);
  t.deepEqual(await listed(registry, '?repository=none'), []);
});

test('the trash of one repository is emptied, and then all of it', async (t) => {
  const registry = await withRegistry(t, { storage: KEPT, others: WITH_ADMINISTRATION });
  for (const name of ['a', 'b']) await deleted(registry, name, IMAGE);
  const empty = async (query: string): Promise<unknown> =>
    JSON.parse(expectStatus(await registry.ask('DELETE', `${TRASH}${query}`), 200).text);
  t.deepEqual(await empty('?dry-run=true'), { items: 2, bytes: 0 });
  t.deepEqual(await empty('?repository=a'), { items: 1, bytes: 0 });
  t.deepEqual(
    (await listed(registry)).map(({ repository }) => repository),
    ['b'],
  );
  t.deepEqual(JSON.parse((await registry.ask('GET', `${TRASH}/swept`)).text), { items: 0, bytes: 0 });
  const gone = await registry.ask('POST', `${RESTORE}?repository=a&reference=v1`);
  t.regex(JSON.stringify(assertError(t, gone, 404, 'MANIFEST_UNKNOWN')), /a:v1 is not in the trash/);
  t.deepEqual(await empty(''), { items: 1, bytes: 0 });
  assertError(t, await registry.ask('POST', `${RESTORE}?repository=b&reference=v1`), 404, 'MANIFEST_UNKNOWN');
});

test('what cannot be restored is refused with what is wrong, and force takes a tag', async (t) => {
  const registry = await withRegistry(t, { storage: KEPT, others: WITH_ADMINISTRATION });
  await deleted(registry, 'app', IMAGE);
  await push(registry, 'app', OTHER, 'v1');
  const cases = [
    ['?repository=app', 400, 'UNSUPPORTED'],
    ['?reference=v1', 400, 'UNSUPPORTED'],
    ['?repository=App&reference=v1', 400, 'NAME_INVALID'],
    ['?repository=app&reference=-', 400, 'TAG_INVALID'],
    ['?repository=app&reference=sha256:1', 400, 'DIGEST_INVALID'],
    ['?repository=app&reference=v1&force=yes', 400, 'UNSUPPORTED'],
    ['?repository=app&reference=v1&whole=true', 400, 'UNSUPPORTED'],
    ['?whole=true', 400, 'UNSUPPORTED'],
    ['?repository=app&whole=true', 404, 'NAME_UNKNOWN'],
    ['?repository=app&reference=v2', 404, 'MANIFEST_UNKNOWN'],
    [`?reference=${digestOf('nothing')}`, 404, 'BLOB_UNKNOWN'],
    ['?repository=app&reference=v1', 403, 'DENIED'],
  ] as const;
  for (const [query, status, code] of cases)
    assertError(t, await registry.ask('POST', `${RESTORE}${query}`), status, code);
  expectStatus(await registry.ask('POST', `${RESTORE}?repository=app&reference=v1&force=true`), 200);
  t.is((await registry.ask('GET', '/v2/app/manifests/v1')).text, IMAGE.body);
});

test('everything that comes back is recorded, with what a taken tag named before', async (t) => {
  const audit = { events: ['admin', 'refused'] };
  const { registry, recorded } = await withAudit(t, { storage: KEPT, others: WITH_ADMINISTRATION, audit });
  const index = artifactIndex({ manifests: [descriptorOf(IMAGE)] });
  await push(registry, 'app', IMAGE, IMAGE.digest);
  await deleted(registry, 'app', index);
  expectStatus(await registry.ask('DELETE', `/v2/app/manifests/${IMAGE.digest}`), 202);
  await push(registry, 'app', OTHER, 'v1');
  await registry.ask('POST', `${RESTORE}?repository=app&reference=v1`);
  expectStatus(await registry.ask('POST', `${RESTORE}?repository=app&reference=v1&force=true`), 200);
  const request = `POST ${RESTORE}`;
  const common = { action: 'admin', repository: 'app', request };
  t.deepEqual(fieldsOf(await recorded(), 'action', 'outcome', 'repository', 'tag', 'digest', 'replaced', 'request'), [
    { ...common, outcome: 'refused' },
    { ...common, outcome: 'allowed', digest: IMAGE.digest },
    { ...common, outcome: 'allowed', tag: 'v1', digest: index.digest, replaced: OTHER.digest },
  ]);
});

test('a repository that was deleted comes back with its tags', async (t) => {
  const registry = await withRegistry(t, { storage: KEPT, others: WITH_ADMINISTRATION });
  for (const [image, tag] of [
    [IMAGE, 'v1'],
    [OTHER, 'v2'],
    [OTHER, 'v3'],
  ] as const)
    await push(registry, 'team/app', image, tag);
  const path = '/v2/_ext/admin/repository?repository=team/app';
  expectStatus(await registry.ask('DELETE', path), 202);
  await until('it is gone', async () => (await registry.ask('GET', '/v2/team/app/tags/list')).status === 404, 60_000);
  const isWhole = `${RESTORE}?repository=team/app&whole=true`;
  const back = await until(
    'it takes changes again',
    async () => {
      const answer = await registry.ask('POST', isWhole);
      return answer.status === 503 ? undefined : answer;
    },
    60_000,
  );
  const expected = { repository: 'team/app', manifests: 2, tags: 3, lost: [] };
  t.deepEqual(JSON.parse(expectStatus(back, 200).text), expected);
  t.is((await registry.ask('GET', '/v2/team/app/manifests/v1')).text, IMAGE.body);
  t.is((await registry.ask('GET', '/v2/team/app/manifests/v3')).text, OTHER.body);
  t.deepEqual(await listed(registry), []);
  assertError(t, await registry.ask('POST', isWhole), 404, 'NAME_UNKNOWN');
});

test('what comes back is reported to event sinks', async (t) => {
  const folder = await tempRoot(t);
  const file = join(folder, 'events');
  const plugins = [{ use: AUDIT_SINK, options: { file } }];
  const registry = await withRegistry(t, { storage: KEPT, folder, others: { ...WITH_ADMINISTRATION, plugins } });
  await deleted(registry, 'app', artifactIndex());
  const events = async (): Promise<readonly string[]> =>
    (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line.startsWith('event'));
  await until('the delete is reported', async () => (await events()).at(-1) === 'event delete');
  const before = (await events()).length;
  expectStatus(await registry.ask('POST', `${RESTORE}?repository=app&reference=v1`), 200);
  await until('the restore is reported', async () => (await events()).length > before);
  t.deepEqual((await events()).slice(before), ['event push']);
});

test('an administrator of a repository restores what was deleted from it, without force, and nothing else', async (t) => {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n` });
  const rules = [
    { repositories: ['**'], users: ['ann'], allow: ['admin'] },
    { repositories: ['team/**'], users: ['bob'], allow: ['admin'] },
    { repositories: ['team/app'], users: ['bob'], deny: ['push'] },
  ];
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
  const others = { authorization: { rules } };
  const registry = await withRegistry(t, { storage: KEPT, auth, folder, others });
  const [asAnn, asBob] = [ANN, BOB].map(({ password }, index) => ({
    headers: { Authorization: basic(index === 0 ? 'ann' : 'bob', password) },
  }));
  const ask: Registry['ask'] = (method, path, options = {}) => registry.ask(method, path, { ...asAnn, ...options });
  for (const name of ['team/app', 'team/web', 'other']) {
    const index = artifactIndex();
    const body = { body: index.body, headers: { ...asAnn?.headers, 'Content-Type': index.type } };
    expectStatus(await registry.ask('PUT', `/v2/${name}/manifests/v1`, body), 201);
    expectStatus(await ask('DELETE', `/v2/${name}/manifests/v1`), 202);
  }
  const asked = async (method: string, path: string): Promise<number> =>
    (await registry.ask(method, path, asBob)).status;
  t.is(await asked('GET', TRASH), 403);
  t.is(await asked('GET', `${TRASH}?repository=other`), 403);
  t.is(await asked('GET', `${TRASH}?repository=team/web`), 200);
  t.is(await asked('POST', `${RESTORE}?repository=other&reference=v1`), 403);
  t.is(await asked('POST', `${RESTORE}?repository=team/app&reference=v1`), 403);
  t.is(await asked('POST', `${RESTORE}?repository=team/web&reference=v1&force=true`), 403);
  t.is(await asked('POST', `${RESTORE}?repository=team/web&reference=v1`), 200);
  t.is(await asked('DELETE', TRASH), 403);
  t.is(await asked('DELETE', `${TRASH}?repository=team/web`), 200);
});

for (const validation of [{ disabled: true }, { manifests: { indexes: { platforms: 'none' } } }]) {
  test(`where manifests may name what other repositories have, only who administers all restores them: ${JSON.stringify(validation)}`, async (t) => {
    const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n` });
    const rules = [
      { repositories: ['**'], users: ['ann'], allow: ['admin', 'pull', 'push', 'delete'] },
      { repositories: ['team/**'], users: ['bob'], allow: ['admin', 'pull', 'push', 'delete'] },
    ];
    const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
    const registry = await withRegistry(t, {
      storage: KEPT,
      auth,
      folder,
      others: { authorization: { rules }, validation },
    });
    const [asAnn, asBob] = [basic('ann', ANN.password), basic('bob', BOB.password)].map((Authorization) => ({
      headers: { Authorization },
    }));
    const secret = artifact({ annotations: { secret: 'yes' } });
    const index = artifactIndex({ manifests: [descriptorOf(secret)], annotations: { of: 'bob' } });
    const pushed = { body: index.body, headers: { ...asBob?.headers, 'Content-Type': index.type } };
    expectStatus(await registry.ask('PUT', '/v2/team/web/manifests/v1', pushed), 201);
    expectStatus(await registry.ask('DELETE', `/v2/team/web/manifests/${index.digest}`, asBob), 202);
    const restore = `${RESTORE}?repository=team/web&reference=${index.digest}`;
    t.is((await registry.ask('POST', restore, asBob)).status, 403);
    t.is((await registry.ask('POST', restore, asAnn)).status, 200);
  });
}

test('a rule that denies an administrator deletes or pushes anywhere is not passed by naming no repository', async (t) => {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n` });
  const rules = [
    { repositories: ['**'], users: ['ann'], allow: ['admin'] },
    { repositories: ['other/**'], users: ['ann'], deny: ['push', 'delete'] },
  ];
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
  const registry = await withRegistry(t, { storage: KEPT, auth, folder, others: { authorization: { rules } } });
  const headers = { Authorization: basic('ann', ANN.password) };
  const asked = async (method: string, path: string): Promise<number> =>
    (await registry.ask(method, path, { headers })).status;
  t.is(await asked('DELETE', TRASH), 403);
  t.is(await asked('DELETE', `${TRASH}?dry-run=true`), 403);
  t.is(await asked('DELETE', `${TRASH}?repository=other/app`), 403);
  t.is(await asked('DELETE', `${TRASH}?repository=team/app`), 200);
  t.is(await asked('POST', `${RESTORE}?reference=${digestOf('gone')}`), 403);
  t.is(await asked('GET', TRASH), 200);
});
