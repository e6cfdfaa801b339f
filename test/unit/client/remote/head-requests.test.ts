import type { IncomingMessage, ServerResponse } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { RemoteError } from '../../../../client/index.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseReference, parseRepositoryName } from '../../../../core/model/reference.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';

const NAME = parseRepositoryName('team/app');
const BYTES = Buffer.alloc(300_000, 'x');
const DIGEST = digestOf(BYTES);
const MISSING = digestOf(Buffer.from('missing'));
const TYPE = 'application/vnd.oci.image.manifest.v1+json';
const REGISTRY = { 'Docker-Distribution-Api-Version': 'registry/2.0' };

type Script = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A registry with one blob, which is also a manifest, that answers GET, and HEAD as the test says. */
async function served(t: ExecutionContext, head: Script) {
  const server = await ScriptedServer.start(t, (request, response) => {
    if (request.method === 'HEAD') return head(request, response);
    if (request.url?.includes(MISSING) === true) return answer(response, 404, {}, REGISTRY);
    return answer(response, 200, BYTES.toString(), { 'Content-Type': TYPE, 'Docker-Content-Digest': DIGEST });
  });
  return { server, remote: openRemote(t, server.address) };
}

for (const status of [405, 501, 404]) {
  test(`a HEAD that is answered ${status} is asked by GET instead, from then on`, async (t) => {
    const { server, remote } = await served(t, (_, response) => answer(response, status, '<html>'));
    const { layers, manifests } = remote;
    t.is((await layers.stat(NAME, DIGEST)).size, BYTES.length);
    t.true(await layers.exists(NAME, DIGEST));
    t.false(await layers.exists(NAME, MISSING));
    t.deepEqual(await manifests.stat(NAME, parseReference('v1')), {
      ...{ digest: DIGEST, size: BYTES.length },
      mediaType: TYPE,
    });
    t.true(await manifests.exists(NAME, parseReference('v1')));
    const methods = server.seen.map(({ method }) => method).join(' ');
    t.is(methods, 'HEAD GET GET GET HEAD GET GET');
  });
}

test('a 404 of a registry counts at once, and that of anything else once a GET has proved it', async (t) => {
  const own = await served(t, (_, response) => answer(response, 404, '', REGISTRY));
  for (let count = 0; count < 2; count++) t.false(await own.remote.layers.exists(NAME, MISSING));
  t.deepEqual(
    own.server.seen.map(({ method }) => method),
    ['HEAD', 'HEAD'],
  );
  const other = await served(t, (_, response) => answer(response, 404, ''));
  for (let count = 0; count < 3; count++) t.false(await other.remote.layers.exists(NAME, MISSING));
  t.deepEqual(
    other.server.seen.map(({ method }) => method),
    ['HEAD', 'GET', 'HEAD', 'HEAD'],
  );
});

test('a HEAD that leads to storage for which only a GET is signed is asked by GET', async (t) => {
  const storage = await ScriptedServer.start(t, ({ method }, response) =>
    method === 'HEAD' ? answer(response, 403) : answer(response, 200, BYTES.toString()),
  );
  const server = await ScriptedServer.start(t, (_, response) =>
    answer(response, 307, '', { Location: `${storage.address}/bucket/object?signature=of-a-get` }),
  );
  const { layers } = openRemote(t, server.address);
  t.is((await layers.stat(NAME, DIGEST)).size, BYTES.length);
});

test('a HEAD that is refused is not asked again', async (t) => {
  const { server, remote } = await served(t, (_, response) => answer(response, 403));
  await t.throwsAsync(remote.layers.exists(NAME, DIGEST), { instanceOf: RemoteError, code: 'DENIED' });
  t.is(server.seen.length, 1);
});
