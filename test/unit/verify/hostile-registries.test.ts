import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import test from 'ava';
import { PING } from '../../../verify/bench/paths.ts';
import { OUTCOMES } from '../../../verify/run/result.ts';
import { ScriptedServer } from '../../helpers/client/scripted-server.ts';
import { checkThat, verification } from '../../helpers/verify/verification.ts';

const STATUSES = [200, 201, 202, 204, 206, 301, 307, 400, 404, 405, 416, 500, 503];
const LOCATIONS = [
  '/v2/a/blobs/uploads/1',
  'ftp://elsewhere/',
  'http://[',
  '',
  '//',
  '\u00ff',
  '/v2/',
  '?',
  'a'.repeat(5000),
];
const TYPES = ['application/json', 'text/html; charset="', 'multipart/byteranges', ''];
const LINKS = ['<>; rel="next"', '<http://[>; rel="next"', '</v2/a/tags/list?n=1>; rel="next"', ';;;', '<'];
const BODIES = [
  '',
  '{',
  'null',
  '7',
  '[]',
  '{"errors":[null]}',
  '{"errors":[{"code":{}}]}',
  '{"errors":{}}',
  '{"tags":null,"name":{}}',
  '{"tags":[null]}',
  '{"tags":["a","b"],"name":"x"}',
  '{"manifests":[null]}',
  '\0\xff',
];

/** An answer that depends on nothing but the seed and the number of the request. */
function answerAtRandom({ method }: IncomingMessage, response: ServerResponse, seed: string): void {
  const bytes = createHash('sha256').update(seed).digest();
  const pick = <Value>(values: readonly Value[], at: number): Value =>
    values[(bytes[at] ?? 0) % values.length] as Value;
  const status = pick(STATUSES, 0);
  const hasBody = method !== 'HEAD' && status !== 204;
  response.writeHead(status, {
    ...((bytes[1] ?? 0) % 2 === 0 && { Location: pick(LOCATIONS, 2) }),
    ...((bytes[3] ?? 0) % 2 === 0 && { Link: pick(LINKS, 4) }),
    ...((bytes[5] ?? 0) % 2 === 0 && { Range: pick(['0-0', 'bytes=0-', '-1', ''], 6) }),
    ...((bytes[7] ?? 0) % 2 === 0 && { 'Content-Range': pick(['bytes 0-1/2', 'bytes */x', ''], 8) }),
    ...((bytes[9] ?? 0) % 3 === 0 && { 'OCI-Chunk-Min-Length': pick(['1', '-1', '9'.repeat(30), 'x'], 10) }),
    'Content-Type': pick(TYPES, 11),
    'Docker-Content-Digest': pick([`sha256:${'0'.repeat(64)}`, 'x', ''], 12),
  });
  response.end(hasBody ? pick(BODIES, 13) : undefined);
}

for (const seed of ['one', 'two', 'three']) {
  test(`a registry that answers at random (seed ${seed}) gets an outcome with a reason for every check`, async (t) => {
    let count = 0;
    const server = await ScriptedServer.start(t, (request, response) => {
      request.resume();
      if (request.url === PING) response.end();
      else answerAtRandom(request, response, `${seed} ${count++}`);
    });
    const { results } = await verification(t, server);
    t.true(results.length > 100);
    for (const { id, outcome, reason } of results) {
      t.true(OUTCOMES.includes(outcome), id);
      t.is(reason === undefined, outcome === 'passed', id);
      t.notRegex(reason ?? '', /Cannot read|is not a function|is not iterable|undefined \(/, id);
    }
  });
}

test('a body without an end is cut at the limit of a check', async (t) => {
  const chunk = Buffer.alloc(64 * 1024);
  const server = await ScriptedServer.start(t, (request, response) => {
    request.resume();
    if (request.url === PING) return void response.end();
    response.writeHead(202, { Location: '/v2/a/blobs/uploads/1' });
    const write = (): void => {
      while (!response.destroyed && response.write(chunk)) continue;
    };
    response.on('drain', write);
    write();
  });
  const checkLimits = { requests: 10, bytes: 1_000_000, ms: 600_000 };
  const { missing, bytes } = await verification(t, server, { checks: [], checkLimits });
  t.is(missing.push, 'the limit of a check, 1000000 bytes, is reached');
  t.true(bytes < 10_000_000);
});

test('a registry that wants fewer requests is asked again when it says, and otherwise blocks the check', async (t) => {
  const asked = new Map<string, number>();
  const server = await ScriptedServer.start(t, (request, response) => {
    const url = request.url ?? '';
    const times = (asked.get(url) ?? 0) + 1;
    asked.set(url, times);
    request.resume();
    const isBusy = url === '/soon' ? times <= 2 : url === '/late' || url === '/never';
    response.writeHead(isBusy ? 429 : 200, { 'Retry-After': url === '/late' ? '3600' : '0' }).end();
  });
  const checks = ['/soon', '/late', '/never'].map((path) => checkThat(async (bench) => void (await bench.get(path))));
  const { results } = await verification(t, server, { checks });
  const wanted = 'the registry accepts no more requests for now (429)';
  t.deepEqual(
    results.map(({ outcome, reason }) => [outcome, reason]),
    [
      ['passed', undefined],
      ['blocked', wanted],
      ['blocked', wanted],
    ],
  );
  t.deepEqual([asked.get('/soon'), asked.get('/late'), asked.get('/never')], [3, 1, 4]);
});
