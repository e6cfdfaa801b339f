import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'ava';
import { ConfigurationError } from '../../../../server/config/index.ts';
import { startTestRegistry } from '../../../../server/embedding/start-test-registry.ts';
import { answerTo, openRequest } from '../../../helpers/http/http-request.ts';
import { Registry } from '../../../helpers/http/with-registry.ts';

const clientOf = ({ url }: { readonly url: string }): Registry =>
  new Registry({ address: url }, { stop: async () => undefined, root: '' });

test('test registries run side by side, each with its own content, and allow deletes', async (t) => {
  await using one = await startTestRegistry();
  await using other = await startTestRegistry();
  t.not(one.host, other.host);
  t.is(one.url, `http://${one.host}`);
  const digest = await clientOf(one).pushImage('my/image', 'v1');
  t.is((await clientOf(one).ask('GET', '/v2/my/image/manifests/v1')).status, 200);
  t.is((await clientOf(other).ask('GET', '/v2/my/image/manifests/v1')).status, 404);
  t.is((await clientOf(one).ask('DELETE', `/v2/my/image/manifests/${digest}`)).status, 202);
});

test('a test registry stops at once, though a client keeps a connection and another one has sent half a body', async (t) => {
  const registry = await startTestRegistry();
  const client = clientOf(registry);
  const idle = connect(Number(new URL(registry.url).port), '127.0.0.1');
  t.teardown(() => idle.destroy());
  idle.resume();
  await once(idle, 'connect');
  const url = new URL(await client.startUpload('my/image'), registry.url);
  const request = openRequest(client, 'PATCH', `${url.pathname}${url.search}`, {
    headers: { 'Content-Length': 1000, Expect: '100-continue' },
  });
  const cut = t.throwsAsync(answerTo(request));
  request.flushHeaders();
  await once(request, 'continue');
  request.write('half');
  await registry[Symbol.asyncDispose]();
  await cut;
  await registry[Symbol.asyncDispose]();
  await t.throwsAsync(client.ask('GET', '/v2/'), { code: 'ECONNREFUSED' });
});

test('sections of a configuration replace those of the test registry, keys of http are added, and mistakes are named', async (t) => {
  const storage = { inmemory: {}, maintenance: { readonly: { enabled: true } } };
  await using registry = await startTestRegistry({
    configuration: { storage, http: { headers: { 'X-Test': ['yes'] } } },
  });
  const answer = await clientOf(registry).ask('GET', '/v2/');
  t.is(answer.headers['x-test'], 'yes');
  t.is((await clientOf(registry).ask('POST', '/v2/my/image/blobs/uploads/')).status, 405);
  await t.throwsAsync(startTestRegistry({ configuration: { storge: {} } }), { instanceOf: ConfigurationError });
  await t.throwsAsync(startTestRegistry({ configuration: { http: 'x' } }), { instanceOf: ConfigurationError });
});
