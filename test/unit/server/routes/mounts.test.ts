import test from 'ava';
import { allowing, SCOPED_ACCESS } from '../../../helpers/http/scoped-access.ts';
import { digestOf, locationOf, withRegistry } from '../../../helpers/http/with-registry.ts';

const BLOB = 'a blob of somebody else';
const digest = digestOf(BLOB);

test('a mount without source finds a blob in any repository if every client may pull everything', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('theirs', BLOB);
  const answer = await registry.ask('POST', `/v2/mine/blobs/uploads/?mount=${digest}`);
  t.is(answer.status, 201, answer.text);
  t.is(locationOf(answer), `/v2/mine/blobs/${digest}`);
  t.is(answer.headers['docker-content-digest'], digest);
  t.is((await registry.ask('GET', locationOf(answer))).text, BLOB);
});

test('a mount without source of an unknown blob becomes an upload', async (t) => {
  const registry = await withRegistry(t);
  const answer = await registry.ask('POST', `/v2/mine/blobs/uploads/?mount=${digest}`);
  t.is(answer.status, 202, answer.text);
  t.is((await registry.finishUpload(locationOf(answer), digest, { body: BLOB })).status, 201);
});

test('a mount without source becomes an upload for a client that may pull only from some repositories', async (t) => {
  const registry = await withRegistry(t, { auth: { [SCOPED_ACCESS]: {} } });
  const rights = ['repository:theirs:pull', 'repository:mine:pull', 'repository:mine:push'];
  const theirs = allowing('repository:theirs:pull', 'repository:theirs:push');
  const pushed = await registry.ask('POST', `/v2/theirs/blobs/uploads/?digest=${digest}`, {
    body: BLOB,
    headers: theirs,
  });
  t.is(pushed.status, 201, pushed.text);
  const mount = async (...accesses: string[]): Promise<number> => {
    const path = `/v2/mine/blobs/uploads/?mount=${digest}`;
    return (await registry.ask('POST', path, { headers: allowing(...accesses) })).status;
  };
  t.is(await mount(...rights), 202);
  t.is((await registry.ask('HEAD', `/v2/mine/blobs/${digest}`, { headers: allowing(...rights) })).status, 404);
  t.is(await mount(...rights, 'repository:*:pull'), 201);
});
