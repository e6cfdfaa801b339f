import { once } from 'node:events';
import test from 'ava';
import { assertError } from '../../../../helpers/http/assert-error.ts';
import { type Answer, answerTo, openRequest } from '../../../../helpers/http/http-request.ts';
import { digestOf, expectStatus, type Registry, withRegistry } from '../../../../helpers/http/with-registry.ts';
import { WorkerConnection, withWorkers } from '../../../../helpers/http/with-workers.ts';
import { until } from '../../../../helpers/running/until.ts';
import { ANN, BOB, basic } from '../../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../../plugins/loading/fixture-folder.ts';
import { WITH_ADMINISTRATION } from '../access-cases.ts';

const UPLOADS = '/v2/_ext/admin/uploads';

/** More than what is held in memory of an upload that is not stored yet. */
const STORED_BYTES = 3_000_000;

type Upload = Readonly<Record<string, unknown>>;

function uploadsIn({ text }: Pick<Answer, 'text'>): readonly Upload[] {
  return (JSON.parse(text) as { uploads: readonly Upload[] }).uploads;
}

function idIn(location: string): string {
  return /uploads\/([^?]+)/.exec(location)?.[1] ?? '';
}

async function listed(registry: Pick<Registry, 'ask'>, query = ''): Promise<readonly Upload[]> {
  return uploadsIn(expectStatus(await registry.ask('GET', `${UPLOADS}${query}`), 200));
}

test('an upload is listed with its bytes and start, until it is finished', async (t) => {
  const registry = await withRegistry(t, { others: WITH_ADMINISTRATION });
  t.deepEqual(await listed(registry), []);
  const before = Math.floor(Date.now() / 1000) * 1000;
  const location = await registry.sendChunk(await registry.startUpload('team/app'), 'bytes');
  const [upload, ...others] = await listed(registry);
  t.deepEqual(others, []);
  t.like(upload, { repository: 'team/app', id: idIn(location), bytes: 5, receiving: false });
  t.true(Date.parse(String(upload?.['startedAt'])) >= before);
  expectStatus(await registry.finishUpload(location, digestOf('bytes')), 201);
  t.deepEqual(await listed(registry), []);
});

test('uploads come in pages, by repository and id, or for one repository', async (t) => {
  const registry = await withRegistry(t, { others: WITH_ADMINISTRATION });
  for (const name of ['b', 'a/x', 'a', 'b', 'a-b']) {
    await registry.sendChunk(await registry.startUpload(name), 'x');
  }
  const all = await listed(registry);
  t.is(all.length, 5);
  const paged: Upload[] = [];
  for (let path: string | undefined = `${UPLOADS}?n=2`; path !== undefined; ) {
    const answer: Answer = expectStatus(await registry.ask('GET', path), 200);
    paged.push(...uploadsIn(answer));
    path = /<([^>]+)>; rel="next"/.exec(String(answer.headers['link'] ?? ''))?.[1];
  }
  t.deepEqual(
    paged.map(({ id }) => id),
    all.map(({ id }) => id),
  );
  const ofB = await listed(registry, '?repository=b&n=1');
  t.deepEqual(
    ofB.map(({ repository }) => repository),
    ['b'],
  );
  assertError(t, await registry.ask('GET', `${UPLOADS}?repository=B`), 400, 'NAME_INVALID');
  assertError(t, await registry.ask('GET', `${UPLOADS}?repository=a&repository=b`), 400, 'NAME_INVALID');
});

test('the owner of an upload is shown, and an administrator of its repository may cancel it', async (t) => {
  const folder = await folderWith(t, { htpasswd: `${ANN.line}\n${BOB.line}\n` });
  const rules = [
    { repositories: ['team/**'], users: ['ann'], allow: ['admin'] },
    { repositories: ['**', 'team/**'], users: ['bob'], allow: ['push'] },
  ];
  const auth = { htpasswd: { realm: 'here', path: 'htpasswd' } };
  const registry = await withRegistry(t, { auth, folder, others: { authorization: { rules } } });
  const [asAnn, asBob] = [basic('ann', ANN.password), basic('bob', BOB.password)];
  const push = async (name: string): Promise<string> => {
    const headers = { Authorization: asBob };
    const begun = expectStatus(await registry.ask('POST', `/v2/${name}/blobs/uploads/`, { headers }), 202);
    const location = new URL(String(begun.headers.location), registry.address);
    const path = `${location.pathname}${location.search}`;
    return String(expectStatus(await registry.ask('PATCH', path, { body: 'bytes', headers }), 202).headers.location);
  };
  const location = new URL(await push('team/app'), registry.address);
  await push('other');
  const headers = { Authorization: asAnn };
  const answer = expectStatus(await registry.ask('GET', `${UPLOADS}?repository=team/app`, { headers }), 200);
  t.like(uploadsIn(answer)[0], { owner: 'bob', bytes: 5 });
  t.is((await registry.ask('GET', UPLOADS, { headers })).status, 403);
  t.is((await registry.ask('GET', `${UPLOADS}?repository=other`, { headers })).status, 403);
  const path = `${UPLOADS}/${idIn(location.pathname)}`;
  t.is((await registry.ask('DELETE', path, { headers })).status, 403);
  t.is((await registry.ask('DELETE', `${path}?repository=team/app`, { headers })).status, 204);
  const next = await registry.ask('PATCH', `${location.pathname}${location.search}`, {
    body: 'more',
    headers: { Authorization: asBob },
  });
  assertError(t, next, 404, 'BLOB_UPLOAD_UNKNOWN');
});

test('a request that is sending bytes is ended when its upload is cancelled', async (t) => {
  const registry = await withRegistry(t, { others: WITH_ADMINISTRATION });
  const location = await registry.startUpload('app');
  const sending = openRequest(registry, 'PATCH', location, { headers: { 'Content-Length': 10_000_000 } });
  const answered = answerTo(sending);
  sending.write('x'.repeat(STORED_BYTES));
  const upload = await until('bytes have arrived', async () =>
    (await listed(registry)).find(({ receiving, bytes }) => receiving === true && Number(bytes) > 0),
  );
  t.true(Number(upload['bytesPerSecond']) > 0);
  const path = `${UPLOADS}/${idIn(location)}?repository=app`;
  t.is((await registry.ask('DELETE', path)).status, 204);
  assertError(t, await answered, 404, 'BLOB_UPLOAD_UNKNOWN');
  assertError(t, await registry.ask('GET', location), 404, 'BLOB_UPLOAD_UNKNOWN');
  t.deepEqual(await listed(registry), []);
  assertError(t, await registry.ask('DELETE', path), 404, 'BLOB_UPLOAD_UNKNOWN');
});

test('an upload cannot be cancelled without its repository', async (t) => {
  const registry = await withRegistry(t, { others: WITH_ADMINISTRATION });
  const location = await registry.sendChunk(await registry.startUpload('app'), 'x');
  assertError(t, await registry.ask('DELETE', `${UPLOADS}/${idIn(location)}`), 400, 'NAME_INVALID');
  assertError(t, await registry.ask('DELETE', `${UPLOADS}/none?repository=app`), 404, 'BLOB_UPLOAD_UNKNOWN');
  t.is((await registry.ask('DELETE', `${UPLOADS}/${idIn(location)}?repository=other`)).status, 404);
  t.is((await listed(registry)).length, 1);
});

test('a worker shows and cancels what another worker receives', async (t) => {
  const running = await withWorkers(t, {}, { others: WITH_ADMINISTRATION });
  const [one, other] = await WorkerConnection.pair(t, running);
  const location = String((await one.ask('POST', '/v2/app/blobs/uploads/')).headers['location']);
  const { pathname, search } = new URL(location, running.address);
  const sending = openRequest(running, 'PATCH', `${pathname}${search}`, { headers: { 'Content-Length': 10_000_000 } });
  const answered = answerTo(sending);
  sending.write('x'.repeat(STORED_BYTES));
  await once(sending, 'socket');
  for (const worker of [one, other]) {
    await until('it sees the upload', async () => {
      const [upload] = uploadsIn(await worker.ask('GET', UPLOADS));
      return upload?.['receiving'] === true && Number(upload['bytes']) > 0;
    });
  }
  // Whichever worker receives it, one of them has it from the other.
  t.is((await other.ask('DELETE', `${UPLOADS}/${idIn(location)}?repository=app`)).status, 204);
  t.is((await answered).status, 404);
  t.deepEqual(uploadsIn(await one.ask('GET', UPLOADS)), []);
});
