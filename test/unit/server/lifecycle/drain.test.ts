import { once } from 'node:events';
import { Agent } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { type Answer, answerTo, ask, openRequest, type Target } from '../../../helpers/http/http-request.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import { digestOf, withRegistry } from '../../../helpers/http/with-registry.ts';
import { withWorkers } from '../../../helpers/http/with-workers.ts';
import { atLength } from '../../../helpers/running/length.ts';

const LARGE = Buffer.alloc(32 * 1024 * 1024, 'x');

/** A client of one connection that is kept alive. */
function keptAlive(t: ExecutionContext, target: Target): (method: string, path: string) => Promise<Answer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  return (method, path) => {
    const request = openRequest(target, method, path, { agent, headers: { 'Content-Length': 0 } });
    request.end();
    return answerTo(request);
  };
}

for (const workers of atLength({ full: [1, 2], short: [2] })) {
  test(`with ${workers} workers, busy connections are closed by an answer and not by a lost request`, async (t) => {
    const running = await withWorkers(t, { workers });
    const started = Array.from({ length: 20 }, () => Promise.withResolvers<void>());
    const clients = started.map(async ({ resolve }) => {
      const send = keptAlive(t, running);
      for (let count = 0; ; count += 1) {
        const { status, headers } = await send('POST', '/v2/app/blobs/uploads/');
        t.is(status, 202);
        if (headers.connection === 'close') return;
        if (count === 3) resolve();
      }
    });
    await Promise.all(started.map(({ promise }) => promise));
    running.signal('SIGTERM');
    await Promise.all(clients);
    t.is((await running.finished).code, 0);
  });

  test(`with ${workers} workers, a connection that was silent when the stop began still carries a request`, async (t) => {
    const running = await withWorkers(t, { workers });
    const send = keptAlive(t, running);
    t.is((await send('POST', '/v2/app/blobs/uploads/')).headers.connection, 'keep-alive');
    // So that the registry has a client to wait for.
    const slow = await heldDownload(t, running, await pushLarge(running));
    running.signal('SIGTERM');
    while (await isListening(running));
    const last = await send('POST', '/v2/app/blobs/uploads/');
    t.is(last.status, 202);
    t.is(last.headers.connection, 'close');
    await assertWhole(t, slow);
    slow.socket.end();
    t.is((await running.finished).code, 0);
  });
}

test('while it drains, a registry is not ready but serves every request, and running requests finish', async (t) => {
  const registry = await withRegistry(t, {
    storage: { filesystem: {} },
    http: { draindelay: '2s', draintimeout: '10m' },
  });
  const digest = await pushLarge(registry);
  const slow = await heldDownload(t, registry, digest);
  const stopped = registry.stop();
  const ready = await registry.ask('GET', '/readyz');
  t.is(ready.status, 503);
  t.deepEqual(JSON.parse(ready.text), { draining: 'this instance is about to stop' });
  t.is(ready.headers.connection, 'close');
  t.is((await registry.ask('GET', '/livez')).status, 200);
  const pull = await registry.ask('HEAD', `/v2/app/blobs/${digest}`);
  t.is(pull.status, 200);
  t.is(pull.headers.connection, 'close');
  const location = await registry.startUpload('app');
  await registry.sendChunk(location, 'abc');
  while (await isListening(registry));
  await assertWhole(t, slow);
  slow.socket.end();
  await stopped;
});

test('all workers are not ready while they drain', async (t) => {
  const running = await withWorkers(t, { draindelay: '5s', debug: { addr: '127.0.0.1:0' } });
  running.signal('SIGTERM');
  await running.logged(/("msg":"stopping"[^]*){2}/);
  for (let count = 0; count < 6; count += 1) {
    t.is((await ask(running, 'GET', '/readyz')).status, 503);
    t.is((await ask(running, 'GET', '/v2/')).status, 200);
  }
  t.is((await running.finished).code, 0);
});

test('a second signal ends the drain delay', async (t) => {
  const running = await withWorkers(t, { workers: 1, draindelay: '1h' });
  running.signal('SIGTERM');
  await running.logged(/"msg":"stopping"/);
  running.signal('SIGTERM');
  t.is((await running.finished).code, 143);
});

async function pushLarge(target: Target): Promise<string> {
  const digest = digestOf(LARGE);
  const path = `/v2/app/blobs/uploads/?digest=${digest}`;
  const headers = { 'Content-Type': 'application/octet-stream' };
  const answer = await ask(target, 'POST', path, { body: LARGE, headers });
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`);
  return digest;
}

/** A download with only its beginning read. */
async function heldDownload(t: ExecutionContext, target: Target, digest: string): Promise<RawConnection> {
  const connection = await RawConnection.open(t, target);
  connection.sendHead(`GET /v2/app/blobs/${digest} HTTP/1.1`);
  await connection.until(/\r\n\r\nx/);
  connection.socket.pause();
  return connection;
}

/** Reads the rest of a held download: all of it comes. */
async function assertWhole(t: ExecutionContext, slow: RawConnection): Promise<void> {
  slow.socket.resume();
  const headBytes = slow.received.indexOf('\r\n\r\n') + 4;
  while (slow.received.length < headBytes + LARGE.byteLength) await once(slow.socket, 'data');
  t.is(slow.received.length, headBytes + LARGE.byteLength);
}

async function isListening(target: Target): Promise<boolean> {
  return ask(target, 'GET', '/v2/').then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      // A client may connect between the last look of the registry and the end of its listener.
      if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') return error.code === 'ECONNRESET';
      throw error;
    },
  );
}
