import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { answerTo, openRequest } from '../../../helpers/http/http-request.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import { digestOf, locationOf, type Registry, withQuery, withRegistry } from '../../../helpers/http/with-registry.ts';

test('stopping lets an upload in progress finish and refuses new connections', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} }, http: { draintimeout: '10m' } });
  const digest = digestOf('0123456789');
  const location = withQuery(await registry.startUpload('app'), { digest });
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const request = openRequest(registry, 'PUT', location, { agent, headers: { 'Content-Length': 10 } });
  const answered = answerTo(request);
  request.write('01234');
  // Until the registry has the request.
  while ((await registry.ask('PATCH', location)).status !== 416);
  const stopped = registry.stop();
  await untilRefused(registry);
  request.end('56789');
  t.is((await answered).status, 201);
  // Although the client would keep the connection for further requests.
  await stopped;
  const next = await withRegistry(t, { storage: { filesystem: { rootdirectory: registry.root } } });
  t.is((await next.ask('GET', `/v2/app/blobs/${digest}`)).text, '0123456789');
});

test('stopping does not wait for connections without a request', async (t) => {
  const registry = await withRegistry(t, { http: { draintimeout: '10m' } });
  const silent = await RawConnection.open(t, registry);
  const slow = await RawConnection.open(t, registry);
  slow.send('GET /v2/ HTTP/1.1\r\nHost: reg');
  // So that the registry has accepted the two before it.
  await registry.ask('GET', '/v2/');
  await registry.stop();
  t.is(await silent.untilClosed(), '');
  t.is(await slow.untilClosed(), '');
});

test('stopping ends connections that wait for their next request', async (t) => {
  const registry = await withRegistry(t, { http: { draintimeout: '10m' } });
  const connection = await RawConnection.open(t, registry);
  connection.sendHead('GET /v2/ HTTP/1.1');
  await connection.until(/\{\}$/);
  await registry.stop();
  t.regex(await connection.untilClosed(), /^HTTP\/1\.1 200 /);
});

test('a request that does not finish within the drain time is cut off, and its upload can be continued', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} }, http: { draintimeout: '50ms' } });
  const location = await registry.startUpload('app');
  const connection = await RawConnection.open(t, registry);
  connection.sendHead(`PATCH ${location} HTTP/1.1`, 'Content-Length: 100', 'Expect: 100-continue');
  await connection.until(/ 100 Continue/);
  await registry.stop();
  t.notRegex(await connection.untilClosed(), /HTTP\/1\.1 2/);
  const next = await withRegistry(t, { storage: { filesystem: { rootdirectory: registry.root } } });
  const status = await next.ask('GET', location);
  t.is(status.headers.range, '0-0');
  t.is((await next.finishUpload(locationOf(status), digestOf('x'), { body: 'x' })).status, 201);
});

test('two registries do not share a port, and the one that cannot start leaves nothing behind', async (t) => {
  const registry = await withRegistry(t);
  const { host } = new URL(registry.address);
  await t.throwsAsync(withRegistry(t, { http: { addr: host } }), { message: /http\.addr: .* is already in use/ });
  t.is((await registry.ask('GET', '/v2/')).status, 200);
});

test('a registry listens on a unix socket and removes it when it stops', async (t) => {
  const folder = await tempRoot(t);
  const socket = join(folder, 'registry.sock');
  const registry = await withRegistry(t, { http: { net: 'unix', addr: socket } });
  t.is(registry.address, `unix:${socket}`);
  const digest = await registry.pushBlob('app', 'bytes');
  t.is((await registry.ask('GET', `/v2/app/blobs/${digest}`)).text, 'bytes');
  await registry.stop();
  await t.throwsAsync(stat(socket), { code: 'ENOENT' });
});

test('a socket that a killed registry has left is replaced, but a file in its place is not', async (t) => {
  const folder = await tempRoot(t);
  const socket = join(folder, 'registry.sock');
  const script = `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
  t.throws(() => execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' }));
  t.true((await stat(socket)).isSocket());
  const registry = await withRegistry(t, { http: { net: 'unix', addr: socket } });
  t.is((await registry.ask('GET', '/v2/')).status, 200);
  const file = join(folder, 'file');
  await writeFile(file, 'mine');
  await t.throwsAsync(withRegistry(t, { http: { net: 'unix', addr: file } }), { message: /not a socket/ });
  t.is(await readFile(file, 'utf8'), 'mine');
});

test('a socket with a listener is not removed', async (t) => {
  const socket = join(await tempRoot(t), 'registry.sock');
  const other = createServer().listen(socket);
  t.teardown(() => other.close());
  await once(other, 'listening');
  await t.throwsAsync(withRegistry(t, { http: { net: 'unix', addr: socket } }), {
    message: /another process listens on/,
  });
  t.true((await stat(socket)).isSocket());
});

/** Sends requests until the port has no listener. */
async function untilRefused(registry: Registry): Promise<void> {
  const isRefused = async (): Promise<boolean> =>
    registry.ask('GET', '/v2/').then(
      () => false,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') return true;
        // In one process, a client connects between the last look of the registry and the end of its listener.
        if (error.code === 'ECONNRESET') return false;
        throw error;
      },
    );
  while (!(await isRefused()));
}
