import test, { type ExecutionContext } from 'ava';
import { TransferError } from '../../../../client/index.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseReference, parseRepositoryName } from '../../../../core/model/reference.ts';
import { bodyOf, openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';

const NAME = parseRepositoryName('team/app');
const BLOB = Buffer.from('the bytes');
const DIGEST = digestOf(BLOB);
const CREDENTIALS = { find: async () => ({ username: 'ann', password: 'secret', origin: 'a test' }) };

/** A registry with Basic credentials that answers blobs by a redirect to `target`. */
async function redirecting(t: ExecutionContext, target: string): Promise<ScriptedServer> {
  return ScriptedServer.start(t, ({ headers }, response) =>
    headers.authorization === undefined
      ? answer(response, 401, {}, { 'WWW-Authenticate': 'Basic realm="x"' })
      : answer(response, 307, 'x'.repeat(200_000), { Location: target }),
  );
}

test('a blob is read where the registry redirects to, and no credentials go there', async (t) => {
  const storage = await ScriptedServer.start(t, (_, response) => answer(response, 200, BLOB.toString()));
  const server = await redirecting(t, `${storage.address}/bucket/blob?signature=a%2Fb%3D`);
  const { layers } = openRemote(t, server.address, { credentials: CREDENTIALS });
  const layer = layers.known(NAME, { mediaType: '', digest: DIGEST, size: BLOB.length });
  t.deepEqual(Buffer.concat(await (await layer.open()).toArray()), BLOB);
  t.deepEqual(storage.asked, ['GET /bucket/blob?signature=a%2Fb%3D']);
  t.is(storage.seen[0]?.headers.authorization, undefined);
});

test('a 401 of the host that it is redirected to asks for no credentials', async (t) => {
  const other = await ScriptedServer.start(t, (_, response) =>
    answer(response, 401, {}, { 'WWW-Authenticate': 'Basic realm="mine"' }),
  );
  const server = await redirecting(t, other.address);
  const { layers } = openRemote(t, server.address, { credentials: CREDENTIALS });
  await t.throwsAsync(layers.stat(NAME, DIGEST), { code: 'UNAUTHORIZED' });
  t.true(other.seen.every(({ headers }) => headers.authorization === undefined));
});

test('redirects that loop, lead nowhere or leave HTTP are refused', async (t) => {
  const targets = ['/v2/team/app/blobs/again', 'ftp://127.0.0.1/x', 'http://[', 'file:///etc/passwd'];
  for (const target of targets) {
    const server = await redirecting(t, target);
    const { layers } = openRemote(t, server.address, { credentials: CREDENTIALS });
    const error = await t.throwsAsync(layers.stat(NAME, DIGEST), { instanceOf: TransferError });
    t.is(error.reason, 'redirect', target);
    t.true(server.seen.length < 10, `${server.seen.length} requests`);
  }
});

test('a chunk is not sent a second time, and a manifest only by 307 and 308', async (t) => {
  const statuses: number[] = [];
  const server = await ScriptedServer.start(t, (request, response) => {
    request.resume();
    if (request.url === '/other') return answer(response, 201, '', { 'Docker-Content-Digest': DIGEST });
    if (request.method === 'POST') return answer(response, 202, '', { Location: '/v2/team/app/blobs/uploads/1' });
    return answer(response, statuses.shift() ?? 307, '', { Location: '/other' });
  });
  const { layers, manifests } = openRemote(t, server.address);
  const upload = await layers.upload(NAME);
  await t.throwsAsync(upload.append({ body: bodyOf('abc') }), {
    instanceOf: TransferError,
    message: /redirected \(307\)/,
  });
  const put = () => manifests.put(NAME, parseReference('v1'), { bytes: BLOB, contentType: 'a/b' });
  statuses.push(308);
  t.is((await put()).digest, DIGEST);
  statuses.push(302);
  await t.throwsAsync(put(), { instanceOf: TransferError, message: /redirected \(302\)/ });
});

test('a token server cannot send a refresh token to another host', async (t) => {
  const other = await ScriptedServer.start(t, (_, response) => answer(response, 200, { access_token: 'x' }));
  const server = await ScriptedServer.start(t, (request, response) => {
    if (request.method === 'POST') return answer(response, 307, '', { Location: other.address });
    const realm = `http://${request.headers.host}/token`;
    return answer(response, 401, {}, { 'WWW-Authenticate': `Bearer realm="${realm}"` });
  });
  const credentials = { find: async () => ({ ...(await CREDENTIALS.find()), identityToken: 'refresh' }) };
  const { layers } = openRemote(t, server.address, { credentials });
  await t.throwsAsync(layers.stat(NAME, DIGEST), { instanceOf: TransferError, message: /must not receive/ });
  t.deepEqual(other.asked, []);
});
