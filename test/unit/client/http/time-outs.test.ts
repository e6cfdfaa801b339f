import type { ServerResponse } from 'node:http';
import test from 'ava';
import { TransferError } from '../../../../client/index.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { answer, ScriptedServer } from '../../../helpers/client/scripted-server.ts';

const NAME = parseRepositoryName('team/app');
const BYTES = Buffer.from('abcdef');
const KNOWN = { mediaType: '', digest: digestOf(BYTES), size: BYTES.length };
const ONCE = { retries: { attempts: 1 } };

test('an answer that never comes ends by the limit for answers', async (t) => {
  const server = await ScriptedServer.start(t, () => undefined);
  const { layers } = openRemote(t, server.address, { ...ONCE, timeOuts: { answerMs: 50 } });
  const error = await t.throwsAsync(layers.exists(NAME, KNOWN.digest), { instanceOf: TransferError });
  t.like(error, { reason: 'time-out', isTransient: true });
});

test('an answer to the end of an upload has a limit of its own, and silence is borne twice', async (t) => {
  const held: ServerResponse[] = [];
  const server = await ScriptedServer.start(t, (request, response) => {
    if (request.method === 'POST') return answer(response, 202, '', { Location: '/v2/team/app/blobs/uploads/1' });
    held.push(response);
    if (request.method === 'PUT') setTimeout(() => answer(response, 201, ''), 300);
    return undefined;
  });
  const timeOuts = { answerMs: 100, finishMs: 60_000 };
  const { layers } = openRemote(t, server.address, { timeOuts });
  await using upload = await layers.upload(NAME);
  t.is((await upload.finish(KNOWN.digest)).digest, KNOWN.digest);
  t.is(held.length, 1);
  const error = await t.throwsAsync(layers.exists(NAME, KNOWN.digest), {
    instanceOf: TransferError,
    message: /no answer arrived in time/,
  });
  t.is(held.length, 3);
  // Whoever repeats what may pass would multiply the patience.
  t.like(error, { reason: 'time-out', isTransient: false });
});

test('a body that stops ends by the limit for reads', async (t) => {
  const server = await ScriptedServer.start(t, (_, response) => {
    response.writeHead(200, { 'Content-Length': BYTES.length });
    response.write('abc');
  });
  const { layers } = openRemote(t, server.address, { ...ONCE, timeOuts: { readMs: 50 } });
  const stream = await layers.known(NAME, KNOWN).open();
  const error = await t.throwsAsync(stream.toArray(), { instanceOf: TransferError });
  t.is(error.reason, 'time-out');
});

test('a body that stops again and again, with a byte each time, is asked for twice', async (t) => {
  const server = await ScriptedServer.start(t, (request, response) => {
    const at = Number(/\d+/.exec(request.headers.range ?? '0'));
    const range = `bytes ${at}-${BYTES.length - 1}/${BYTES.length}`;
    response.writeHead(at === 0 ? 200 : 206, { 'Content-Length': BYTES.length - at, 'Content-Range': range });
    response.write(BYTES.subarray(at, at + 1));
  });
  const { layers } = openRemote(t, server.address, { timeOuts: { readMs: 50 } });
  const stream = await layers.known(NAME, KNOWN).open();
  const error = await t.throwsAsync(stream.toArray(), { instanceOf: TransferError });
  t.like(error, { reason: 'time-out', isTransient: false });
  t.is(server.seen.length, 2);
});

test('a body that comes slowly has no limit as a whole', async (t) => {
  const server = await ScriptedServer.start(t, (_, response) => {
    response.writeHead(200, { 'Content-Length': BYTES.length });
    const rest = [...BYTES.toString()];
    const next = (): void => {
      const character = rest.shift();
      if (character === undefined) response.end();
      else response.write(character, () => setTimeout(next, 40));
    };
    next();
  });
  // undici counts short limits in steps of half a second at most; the whole takes 240 ms.
  const { layers } = openRemote(t, server.address, { ...ONCE, timeOuts: { readMs: 150, answerMs: 150 } });
  t.deepEqual(Buffer.concat(await (await layers.known(NAME, KNOWN).open()).toArray()), BYTES);
});
