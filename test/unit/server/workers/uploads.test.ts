import test from 'ava';
import { digestOf, withQuery } from '../../../helpers/http/with-registry.ts';
import { WorkerConnection, withWorkers } from '../../../helpers/http/with-workers.ts';

test('an upload begun by one worker is continued by another and finished by the first, without a configured secret', async (t) => {
  const [first, second] = await WorkerConnection.pair(t, await withWorkers(t));
  const begun = await first.ask('POST', '/v2/library/a/blobs/uploads/');
  const one = await first.ask('PATCH', String(begun.headers['location']), { body: 'Hello, ' });
  const two = await second.ask('PATCH', String(one.headers['location']), { body: 'wor' });
  t.is(two.headers['range'], '0-9');
  const digest = digestOf('Hello, world');
  const done = await first.ask('PUT', withQuery(String(two.headers['location']), { digest }), { body: 'ld' });
  t.is(done.status, 201);
  t.is((await second.ask('GET', `/v2/library/a/blobs/${digest}`)).text, 'Hello, world');
});

test('an upload that one worker has ended is unknown to all of them, also by its first location', async (t) => {
  const [first, second] = await WorkerConnection.pair(t, await withWorkers(t));
  const begin = async (): Promise<string> =>
    String((await first.ask('POST', '/v2/library/a/blobs/uploads/')).headers['location']);
  const finished = await begin();
  t.is((await second.ask('GET', finished)).status, 204);
  const query = { digest: digestOf('Hello') };
  t.is((await first.ask('PUT', withQuery(finished, query), { body: 'Hello' })).status, 201);
  const inChunks = await begin();
  const chunk = await second.ask('PATCH', inChunks, { body: 'Hello' });
  t.is((await first.ask('PUT', withQuery(String(chunk.headers['location']), query))).status, 201);
  const cancelled = await begin();
  t.is((await first.ask('DELETE', cancelled)).status, 204);
  for (const location of [finished, inChunks, cancelled]) {
    for (const connection of [second, first]) t.is((await connection.ask('GET', location)).status, 404);
  }
});
