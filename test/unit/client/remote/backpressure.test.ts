import { once } from 'node:events';
import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { until } from '../../../helpers/running/until.ts';

const NAME = parseRepositoryName('team/app');
const SIZE = 64 * 1024 * 1024;
const CHUNK = Buffer.alloc(256 * 1024);
/** What sockets of both sides and streams hold; the rest waits. */
const MAX_HELD = 24 * 1024 * 1024;

/** Waits until a count of what was given has grown and grows no more, because all that could hold more is full. */
async function untilStill(given: () => number): Promise<void> {
  let before = -1;
  await until('the connection to be full', async () => {
    await new Promise(setImmediate);
    const isFull = given() > 0 && given() === before;
    before = given();
    return isFull;
  });
}

test('a blob whose reader stops is not sent on, and goes on when the reader does', async (t) => {
  let sent = 0;
  let isBlocked = false;
  const server = await ScriptedServer.start(t, async (_, response) => {
    response.writeHead(200, { 'Content-Length': SIZE });
    while (sent < SIZE && !response.destroyed) {
      sent += CHUNK.length;
      if (response.write(CHUNK)) continue;
      isBlocked = true;
      await once(response, 'drain');
      isBlocked = false;
    }
    response.end();
  });
  const layer = openRemote(t, server.address).layers.known(NAME, {
    ...{ mediaType: '', size: SIZE },
    digest: digestOf(Buffer.alloc(SIZE)),
  });
  const stream = await layer.open();
  await until('the connection to be full', () => isBlocked);
  t.true(sent < MAX_HELD, `${sent} bytes`);
  let read = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) read += chunk.length;
  t.is(read, SIZE);
});

test('the bytes of an upload are asked for as the registry takes them', async (t) => {
  let given = 0;
  const { promise: go, resolve } = Promise.withResolvers<void>();
  const server = await ScriptedServer.start(t, async (request, response) => {
    if (request.method === 'POST') return answer(response, 202, '', { Location: '/v2/team/app/blobs/uploads/1' });
    await go;
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) size += chunk.length;
    return answer(response, 202, '', { Location: '/v2/team/app/blobs/uploads/1', Range: `0-${size - 1}` });
  });
  async function* body() {
    for (; given < SIZE; given += CHUNK.length) yield CHUNK;
  }
  await using upload = await openRemote(t, server.address).layers.upload(NAME);
  const appended = upload.append({ body: body() });
  await untilStill(() => given);
  t.true(given < MAX_HELD, `${given} bytes`);
  resolve();
  await appended;
  t.is(upload.size, SIZE);
});

test('a body whose chunks use the same memory again is sent as it was, also to a registry that reads late', async (t) => {
  const piece = 16 * 1024;
  const { promise: go, resolve } = Promise.withResolvers<void>();
  let came = Buffer.of();
  const server = await ScriptedServer.start(t, async (request, response) => {
    if (request.method === 'POST') return answer(response, 202, '', { Location: '/v2/team/app/blobs/uploads/1' });
    await go;
    came = Buffer.concat(await request.toArray());
    return answer(response, 202, '', { Location: '/v2/team/app/blobs/uploads/1', Range: `0-${came.length - 1}` });
  });
  let given = 0;
  async function* body() {
    const memory = [Buffer.alloc(piece), Buffer.alloc(piece)];
    for (; given < SIZE / piece; given += 1) yield (memory[given % 2] as Buffer).fill(given % 251);
  }
  await using upload = await openRemote(t, server.address).layers.upload(NAME);
  const appended = upload.append({ body: body() });
  await untilStill(() => given);
  resolve();
  await appended;
  t.is(came.length, SIZE);
  const wrong = Array.from({ length: SIZE / piece }, (_, at) => at).filter(
    (at) => !came.subarray(at * piece, (at + 1) * piece).every((byte) => byte === at % 251),
  );
  t.deepEqual(wrong, []);
});
