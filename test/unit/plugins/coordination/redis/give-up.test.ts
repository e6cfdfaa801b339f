import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test from 'ava';
import { RedisConnection } from '../../../../../plugins/coordination/redis/redis-connection.ts';
import { settingsOf } from '../../../../helpers/processes/redis-server.ts';

test('opening a connection to a silent Redis ends with the reason of the signal', async (t) => {
  const start = new AbortController();
  const reason = new Error('the start is given up');
  const closed = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.once('data', () => start.abort(reason)).once('close', () => closed.resolve());
  });
  t.teardown(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const settings = settingsOf([{ host: '127.0.0.1', port }]);
  const warn = () => t.fail('an outage was reported');
  const opening = RedisConnection.open(settings, { purpose: 'a test', warn, signal: start.signal });
  t.is(await t.throwsAsync(opening), reason);
  // The connection is closed: it does not connect again.
  await closed.promise;
});
