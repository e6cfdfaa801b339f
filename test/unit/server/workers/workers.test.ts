import { once } from 'node:events';
import { copyFile, link, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import { digestOf, imageManifest, OCI_MANIFEST } from '../../../helpers/http/with-registry.ts';
import { type RunningWorkers, WorkerConnection, withWorkers } from '../../../helpers/http/with-workers.ts';
import { logText } from '../../../helpers/processes/log-text.ts';
import { startNode } from '../../../helpers/processes/run-process.ts';
import { ANN, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';

test('while one worker receives a chunk, the same upload in another one is answered with 416 and nothing is mixed', async (t) => {
  const running = await withWorkers(t);
  const [writer, other] = await WorkerConnection.pair(t, running);
  const begun = await writer.ask('POST', '/v2/library/a/blobs/uploads/');
  const location = String(begun.headers['location']);
  const held = await heldChunk(t, running, { location, body: 'held', unlike: other.worker });
  const refused = await other.ask('PATCH', location, { body: 'mixed' });
  t.is(refused.status, 416);
  held.send('held');
  await held.until(/HTTP\/1\.1 202/);
  const status = await other.ask('GET', location);
  t.is(status.headers['range'], '0-3');
});

test('a manifest that one worker has deleted is not served by another one that had it in memory', async (t) => {
  const [first, second] = await WorkerConnection.pair(t, await withWorkers(t));
  const digests: string[] = [];
  for (let index = 0; index < 10; index++) digests.push(await pushImage(first, `layer ${index}`));
  for (const digest of digests) {
    const path = `/v2/library/a/manifests/${digest}`;
    t.is((await second.ask('GET', path)).status, 200);
    t.is((await first.ask('DELETE', path)).status, 202);
    t.is((await second.ask('GET', path)).status, 404);
  }
});

test('a truncated blob is missing in all workers, even in one that has seen no manifest, until it is pushed again', async (t) => {
  const running = await withWorkers(t);
  const [first, second] = await WorkerConnection.pair(t, running);
  await pushImage(first, 'layer');
  const digest = digestOf('layer');
  const hex = digest.slice('sha256:'.length);
  await truncate(join(running.folder, 'root/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data'), 2);
  const path = `/v2/library/a/blobs/${digest}`;
  for (const connection of [second, first, second]) t.is((await connection.ask('HEAD', path)).status, 404);
  await pushImage(second, 'layer');
  for (const connection of [first, second]) t.is((await connection.ask('GET', path)).text, 'layer');
});

test('a killed worker is replaced, and the others continue to serve', async (t) => {
  const running = await withWorkers(t);
  const before = await running.workers();
  const connection = new WorkerConnection(running.address);
  t.teardown(() => connection.close());
  process.kill(before[0] ?? 0, 'SIGKILL');
  await running.logged(/"signal":"SIGKILL"[^\n]*a worker exited/);
  t.is((await connection.ask('GET', '/v2/')).status, 200);
  await running.logged(/("listening"[^]*){3}/);
  const after = await running.workers();
  t.is(after.length, 2);
  t.is(after.filter((pid) => before.includes(pid)).length, 1);
});

test('a killed worker interrupts no transfer of another one, and its uploads continue there at once', async (t) => {
  const running = await withWorkers(t);
  const large = Buffer.alloc(32 * 1024 * 1024, 'x');
  const digest = digestOf(large);
  const pair = await WorkerConnection.pair(t, running);
  const headers = { 'Content-Type': 'application/octet-stream' };
  await pair[0].ask('POST', `/v2/library/a/blobs/uploads/?digest=${digest}`, { body: large, headers });
  const transfers = await Promise.all(
    pair.map(async (connection) => {
      const download = await connectionTo(t, running, (worker) => worker === connection.worker);
      const before = download.received.length;
      download.sendHead(`GET /v2/library/a/blobs/${digest} HTTP/1.1`);
      await download.until(/\r\n\r\nx/);
      download.socket.pause();
      const begun = await connection.ask('POST', '/v2/library/a/blobs/uploads/');
      const location = String(begun.headers['location']);
      const upload = await heldChunk(t, running, { location, body: 'held', in: connection.worker });
      return { connection, download, before, upload, location };
    }),
  );
  process.kill((await running.workers())[0] ?? 0, 'SIGKILL');
  const killed = await Promise.race(transfers.map(async ({ upload }, index) => upload.untilClosed().then(() => index)));
  await running.logged(/"signal":"SIGKILL"[^\n]*a worker exited/);
  const [victim, other] = killed === 0 ? transfers : transfers.toReversed();
  if (victim === undefined || other === undefined) throw new Error('two workers were expected');
  other.upload.send('held');
  await other.upload.until(/HTTP\/1\.1 202/);
  other.download.socket.resume();
  const start = other.download.received.indexOf('\r\n\r\nx', other.before) + 4;
  while (other.download.received.length < start + large.byteLength) await once(other.download.socket, 'data');
  t.is(other.download.received.length, start + large.byteLength);
  const next = await other.connection.ask('PATCH', victim.location, { body: 'whole' });
  t.is(next.status, 202);
  t.is(next.headers['range'], '0-4');
});

test('/readyz and the configured checks are answered by every worker', async (t) => {
  const file = join(await tempRoot(t), 'down');
  const running = await withWorkers(t, {}, { others: { health: { file: [{ file, interval: '5ms' }] } } });
  const pair = await WorkerConnection.pair(t, running);
  for (const worker of pair) t.is((await worker.ask('GET', '/readyz')).text, 'ok');
  await writeFile(file, '');
  for (const worker of pair) {
    while ((await worker.ask('GET', '/v2/')).status === 200);
    const { status, text } = await worker.ask('GET', '/readyz');
    t.is(status, 503);
    t.deepEqual(JSON.parse(text), { [file]: 'file exists' });
  }
});

test('SIGTERM to all processes lets a request under way finish, then ends with 0 after one line that says it is ready', async (t) => {
  const running = await withWorkers(t);
  const connection = new WorkerConnection(running.address);
  t.teardown(() => connection.close());
  const begun = await connection.ask('POST', '/v2/library/a/blobs/uploads/');
  const held = await heldChunk(t, running, { location: String(begun.headers['location']), body: 'last' });
  for (const pid of [running.pid, ...(await running.workers())]) process.kill(pid, 'SIGTERM');
  await running.logged(/("stopping"[^]*){2}/);
  held.send('last');
  await held.until(/HTTP\/1\.1 202/);
  held.socket.destroy();
  const { code, stderr } = await running.finished;
  t.is(code, 0);
  t.is(stderr.match(/"msg":"ready"/g)?.length, 1);
});

test('a second signal also ends workers that are finishing a request', async (t) => {
  const running = await withWorkers(t, { draintimeout: '10m' });
  const connection = new WorkerConnection(running.address);
  t.teardown(() => connection.close());
  const begun = await connection.ask('POST', '/v2/library/a/blobs/uploads/');
  const held = await heldChunk(t, running, { location: String(begun.headers['location']), body: 'last' });
  running.signal('SIGTERM');
  await running.logged(/("stopping"[^]*){2}/);
  running.signal('SIGINT');
  t.notRegex(await held.untilClosed(), /HTTP\/1\.1 202/);
  t.is((await running.finished).code, 130);
});

test('a worker that hangs does not keep the registry from stopping', async (t) => {
  const running = await withWorkers(t, { draintimeout: '0s' });
  const [still = 0] = await running.workers();
  t.teardown(() => isAlive(still) && process.kill(still, 'SIGKILL'));
  process.kill(still, 'SIGSTOP');
  running.signal('SIGTERM');
  const { code, stderr } = await running.finished;
  t.is(code, 0);
  t.regex(stderr, /"msg":"a worker did not respond to the request to stop and was killed"/);
  t.false(isAlive(still));
});

test('a worker that hangs is replaced, and requests that waited for it continue', async (t) => {
  t.timeout(180_000);
  const running = await withWorkers(t);
  const [one, other] = await WorkerConnection.pair(t, running);
  const digest = await pushImage(one, 'layer');
  const before = await running.workers();
  const [still = 0] = before;
  process.kill(still, 'SIGSTOP');
  // Whichever of the two hangs, the other one answers when no worker is left to notify.
  const path = `/v2/library/a/manifests/${digest}`;
  const deleted = await Promise.any([one, other].map((connection) => connection.ask('DELETE', path)));
  t.is(deleted.status, 202);
  await running.logged(/"msg":"a worker stopped responding and was killed"/);
  await running.logged(/("listening"[^]*){3}/);
  const after = await running.workers();
  t.is(after.length, 2);
  t.false(after.includes(still));
});

test('while the password file is away, the remaining worker serves alone, and the other starts when the file is back', async (t) => {
  const file = join(await tempRoot(t), 'htpasswd');
  await writeFile(file, ANN.line);
  const running = await withWorkers(t, {}, { others: { auth: { htpasswd: { realm: 'here', path: file } } } });
  const [ended = 0, other = 0] = await running.workers();
  await rename(file, `${file}-away`);
  process.kill(ended, 'SIGKILL');
  await running.logged(/there is no password file/);
  const headers = { authorization: basic('ann', ANN.password) };
  for (let count = 0; count < 5; count += 1) {
    const connection = new WorkerConnection(running.address);
    t.is((await connection.ask('GET', '/v2/', { headers })).status, 200);
    connection.close();
  }
  await rename(`${file}-away`, file);
  await running.logged(/("msg":"listening"[^]*){3}/);
  const after = await running.workers();
  t.is(after.length, 2);
  t.true(after.includes(other));
});

// Node throws for some errors of the system, and reports the others by an event.
for (const [what, replace, errno] of [
  ['is gone', async () => undefined, 'ENOENT'],
  ['is a link that goes round', (program: string) => symlink(program, program), 'ELOOP'],
] as const) {
  test(`a worker whose program ${what} is started as soon as possible, and the registry continues with the other`, async (t) => {
    const program = join(await tempRoot(t), 'node');
    await link(process.execPath, program).catch(() => copyFile(process.execPath, program));
    const running = await withWorkers(t, {}, { program });
    const [ended = 0] = await running.workers();
    await rename(program, `${program}-away`);
    await replace(program);
    process.kill(ended, 'SIGKILL');
    await running.logged(new RegExp(`"problem":"spawn [^"]*${errno}"`));
    const connection = new WorkerConnection(running.address);
    t.teardown(() => connection.close());
    t.is((await connection.ask('GET', '/readyz')).text, 'ok');
    await rename(`${program}-away`, program);
    await running.logged(/("msg":"listening"[^]*){3}/);
    t.is((await running.workers()).length, 2);
  });
}

test('workers refuse a driver that keeps its content inside one process', async (t) => {
  const file = join(await tempRoot(t), 'config.yml');
  await writeFile(file, 'version: 0.1\nstorage: inmemory\nhttp: {addr: "127.0.0.1:0", workers: 2}\n');
  const { code, stderr, stdout } = await startNode(['dist/bundle/bin.js', 'serve', file]).finished;
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(logText(stderr), /^http\.workers: the storage driver "inmemory" keeps its content inside one process; .+$/m);
  t.notRegex(logText(stderr), /first of several workers/, 'the worker has said why');
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A PATCH that has the upload and waits for its body; in one worker, in any but one, or in any. */
async function heldChunk(
  t: ExecutionContext,
  running: RunningWorkers,
  held: { location: string; body: string; in?: string; unlike?: string },
): Promise<RawConnection> {
  const { location, body, in: only, unlike } = held;
  const { pathname, search } = new URL(location);
  const connection = await connectionTo(t, running, (worker) => worker !== unlike && worker === (only ?? worker));
  connection.sendHead(
    `PATCH ${pathname}${search} HTTP/1.1`,
    'Content-Type: application/octet-stream',
    `Content-Length: ${body.length}`,
    'Expect: 100-continue',
  );
  await connection.until(/HTTP\/1\.1 100/);
  return connection;
}

/** A connection to a worker that fits. */
async function connectionTo(
  t: ExecutionContext,
  running: RunningWorkers,
  fits: (worker: string) => boolean,
): Promise<RawConnection> {
  for (;;) {
    const connection = await RawConnection.open(t, running);
    connection.sendHead('GET /v2/ HTTP/1.1');
    const [, worker = ''] = await connection.until(/X-Request-Id: ([^-]+)-[^]*\{\}$/i);
    if (fits(worker)) return connection;
    connection.socket.destroy();
  }
}

async function pushImage(connection: WorkerConnection, text: string): Promise<string> {
  for (const body of ['{}', text]) {
    const path = `/v2/library/a/blobs/uploads/?digest=${digestOf(body)}`;
    await connection.ask('POST', path, { body, headers: { 'Content-Type': 'application/octet-stream' } });
  }
  const manifest = imageManifest(text);
  const digest = digestOf(manifest);
  const headers = { 'Content-Type': OCI_MANIFEST };
  await connection.ask('PUT', `/v2/library/a/manifests/${digest}`, { body: manifest, headers });
  return digest;
}
