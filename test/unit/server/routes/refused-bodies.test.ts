import { Agent } from 'node:http';
import test from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { answerTo, openRequest } from '../../../helpers/http/http-request.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import { digestOf, locationOf, withQuery, withRegistry } from '../../../helpers/http/with-registry.ts';

const SILLY = { silly: { realm: 'r', service: 's' } };
const ANSWER = /^HTTP\/1\.1 (\d+)/;

test('a client that expects 100 and has no credentials gets 401 and no 100', async (t) => {
  const registry = await withRegistry(t, { auth: SILLY });
  const connection = await RawConnection.open(t, registry);
  connection.sendHead('POST /v2/a/blobs/uploads/ HTTP/1.1', 'Content-Length: 10', 'Expect: 100-continue');
  const received = await connection.untilClosed();
  t.regex(received, /^HTTP\/1\.1 401 /);
  t.notRegex(received, /HTTP\/1\.1 100/);
  t.regex(received, /\r\nConnection: close\r\n/i);
});

test('a client that expects 100 and is authorized gets it before it sends the body', async (t) => {
  const registry = await withRegistry(t);
  const digest = digestOf('0123456789');
  const location = withQuery(await registry.startUpload('app'), { digest });
  const connection = await RawConnection.open(t, registry);
  connection.sendHead(`PUT ${location} HTTP/1.1`, 'Content-Length: 10', 'Expect: 100-continue');
  await connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  connection.send('0123456789');
  await connection.until(/\r\n\r\nHTTP\/1\.1 201 /);
  t.is((await registry.ask('GET', `/v2/app/blobs/${digest}`)).text, '0123456789');
});

test('a client that expects 100 learns that the manifest is too large or the upload unknown, without 100', async (t) => {
  const registry = await withRegistry(t);
  for (const [line, status] of [
    ['PUT /v2/a/manifests/v1', '413'],
    ['PATCH /v2/a/blobs/uploads/x?_state=y', '404'],
    ['PUT /nowhere', '404'],
  ]) {
    const connection = await RawConnection.open(t, registry);
    connection.sendHead(`${line} HTTP/1.1`, 'Content-Length: 10000000', 'Expect: 100-continue');
    const received = await connection.untilClosed();
    t.is(ANSWER.exec(received)?.[1], status);
  }
});

test('a client that is still sending a large body reads why it was refused', async (t) => {
  const open = await withRegistry(t);
  const closed = await withRegistry(t, { auth: SILLY });
  const location = await open.startUpload('app');
  await open.sendChunk(location, 'x');
  const cases = [
    [closed, 'PATCH', '/v2/a/blobs/uploads/x', 401],
    [closed, 'PUT', '/v2/a/manifests/v1', 401],
    [open, 'PATCH', '/v2/a/blobs/uploads/x?_state=y', 404],
    [open, 'PATCH', location, 416],
    [open, 'PUT', '/v2/a/manifests/v1', 413],
    [open, 'PUT', '/nowhere', 404],
  ] as const;
  for (const [registry, method, path, status] of cases) {
    for (const headers of [{ 'Content-Length': 1024 ** 3 }, { 'Transfer-Encoding': 'chunked' }]) {
      const request = openRequest(registry, method, path, { headers });
      const answered = answerTo(request);
      const piece = Buffer.alloc(256 * 1024);
      let sent = 0;
      const progress = { isAnswered: false };
      const noteAnswer = (): boolean => (progress.isAnswered = true);
      void answered.then(noteAnswer, noteAnswer);
      // A client that writes as long as it can, and only then reads.
      while (!progress.isAnswered && sent < 12 * 1024 * 1024) {
        sent += piece.byteLength;
        if (!request.write(piece)) await Promise.race([new Promise((done) => request.once('drain', done)), answered]);
      }
      const answer = await answered;
      t.is(answer.status, status, `${method} ${path}`);
      assertError(
        t,
        answer,
        status,
        {
          401: 'UNAUTHORIZED',
          404: path.startsWith('/v2') ? 'BLOB_UPLOAD_UNKNOWN' : 'UNSUPPORTED',
          416: 'BLOB_UPLOAD_INVALID',
          413: 'SIZE_INVALID',
        }[status],
      );
      request.destroy();
    }
  }
});

test('a client that asks to close the connection can send the whole refused body after it was answered', async (t) => {
  const registry = await withRegistry(t);
  const piece = Buffer.alloc(1024 * 1024);
  const pieces = 12;
  for (const line of ['PUT /nowhere HTTP/1.1', 'PUT /nowhere HTTP/1.0', 'PUT /v2/a/manifests/v1 HTTP/1.1']) {
    const connection = await RawConnection.open(t, registry, { allowHalfOpen: true });
    connection.sendHead(line, 'Connection: close', `Content-Length: ${pieces * piece.byteLength}`);
    await connection.until(/^HTTP\/1\.1 (?:404|413) [^]*"requestId":"[^"]+"/);
    // The write of a connection that was reset fails.
    for (let sent = 0; sent < pieces; sent += 1) {
      await new Promise<void>((resolve, reject) => {
        connection.socket.write(piece, (error) => (error ? reject(error) : resolve()));
      });
    }
    connection.socket.end();
    await connection.untilClosed();
  }
  t.pass();
});

test('a client that never stops sending a refused body is cut off', async (t) => {
  const registry = await withRegistry(t);
  const connection = await RawConnection.open(t, registry);
  connection.sendHead('PUT /nowhere HTTP/1.1', `Content-Length: ${1024 ** 4}`);
  // The system's own buffers hold some megabytes in addition to those that the registry drains.
  t.true((await connection.flood(Buffer.alloc(1024 * 1024))) < 256 * 1024 * 1024);
  t.regex(connection.received, /^HTTP\/1\.1 404 /);
});

test('a connection is kept after a small refused body', async (t) => {
  const registry = await withRegistry(t, { auth: SILLY });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const sockets = new Set<unknown>();
  for (const size of [0, 10, 60_000, 10]) {
    const request = openRequest(registry, 'PATCH', '/v2/a/blobs/uploads/x', {
      agent,
      headers: { 'Content-Length': size },
    });
    request.on('socket', (socket) => sockets.add(socket));
    request.end(Buffer.alloc(size));
    t.is((await answerTo(request)).status, 401);
  }
  t.is(sockets.size, 1);
});

test('a connection is kept after a GET with an unread body', async (t) => {
  const registry = await withRegistry(t);
  const connection = await RawConnection.open(t, registry);
  for (const count of [1, 2]) {
    connection.sendHead('GET /v2/ HTTP/1.1', 'Content-Length: 5');
    connection.send('hello');
    await connection.until(new RegExp(`(?:HTTP/1\\.1 200[^{]*\\{\\}){${count}}`));
  }
  t.pass();
});

test('a body in malformed chunks is answered 400, and the upload can continue at once', async (t) => {
  const registry = await withRegistry(t);
  const location = await registry.startUpload('app');
  // The client leaves its side open, so that the registry has to end the connection by itself.
  const connection = await RawConnection.open(t, registry, { allowHalfOpen: true });
  connection.sendHead(`PATCH ${location} HTTP/1.1`, 'Transfer-Encoding: chunked');
  connection.send('5\r\nabcde\r\nnonsense\r\n');
  await connection.until(/^HTTP\/1\.1 400 [^]*"requestId":"[^"]+"/);
  let next = await registry.ask('GET', location);
  const digest = digestOf('abcdefghij');
  let end = await registry.finishUpload(locationOf(next), digest, { body: 'fghij' });
  while (end.status === 416) {
    next = await registry.ask('GET', location);
    end = await registry.finishUpload(locationOf(next), digest, { body: 'fghij' });
  }
  t.is(end.status, 201, end.text);
});

test('bytes after a request on the same connection never get into its answer', async (t) => {
  const registry = await withRegistry(t);
  const bytes = Buffer.alloc(8 * 1024 * 1024, 'b');
  const digest = await registry.pushBlob('app', bytes);
  const connection = await RawConnection.open(t, registry);
  connection.sendHead(`GET /v2/app/blobs/${digest} HTTP/1.1`);
  await connection.until(/\r\n\r\nb/);
  connection.send('nonsense\r\n\r\n');
  const received = await connection.untilClosed();
  const body = received.slice(received.indexOf('\r\n\r\n') + 4);
  t.regex(body.slice(0, bytes.byteLength), /^b*$/);
});
