import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import type { Limits } from '../../../verify/bench/limits.ts';
import { blobPath, PING, uploadsPath } from '../../../verify/bench/paths.ts';
import { CHECKS } from '../../../verify/checks/index.ts';
import { pushImage } from '../../../verify/content/set-up.ts';
import { CheckFailure } from '../../../verify/verdicts.ts';
import { answer, ScriptedServer } from '../../helpers/client/scripted-server.ts';
import { type Registry, withRegistry } from '../../helpers/http/with-registry.ts';
import { checkThat, shortcomings, verification } from '../../helpers/verify/verification.ts';

/** Checks that do not apply to this registry, and why. */
const OPEN = CHECKS.filter(({ group }) => group === 'auth').map(({ id }) => `skipped ${id}`);
const SKIPPED = [
  'skipped push/single-post-or-session: the registry accepts blobs in one POST',
  'skipped delete/refusal-says-unsupported: the registry deletes tags and manifests',
];

const WIDE: Limits = { requests: 1000, bytes: 1024 ** 3, ms: 60_000 };

/** What can still be pulled, as the catalog and the lists of tags know it. */
async function tagsLeft(registry: Registry): Promise<readonly string[]> {
  const { body } = await registry.ask('GET', '/v2/_catalog');
  const { repositories } = JSON.parse(body.toString()) as { readonly repositories: readonly string[] };
  const answers = await Promise.all(repositories.map((name) => registry.ask('GET', `/v2/${name}/tags/list`)));
  return repositories.filter((_, index) => answers[index]?.status !== 404);
}

test('this registry keeps every rule, and nothing is left behind', async (t) => {
  const registry = await withRegistry(t);
  const { results, missing, cleanUp } = await verification(t, registry);
  const isOpen = (line: string) => OPEN.some((start) => line.startsWith(`${start}: the registry lets anybody `));
  t.deepEqual(
    shortcomings(results).filter((line) => !isOpen(line)),
    SKIPPED,
  );
  t.deepEqual(missing, {});
  t.deepEqual(cleanUp.left, []);
  t.deepEqual(await tagsLeft(registry), []);
});

test('ids are unique, say their group, and each rule has a place where it is written', (t) => {
  t.true(CHECKS.length >= 40);
  t.is(new Set(CHECKS.map(({ id }) => id)).size, CHECKS.length);
  for (const { id, group, title, link, suffers } of CHECKS) {
    t.regex(id, new RegExp(`^${group}/[a-z0-9]+(?:-[a-z0-9]+)*$`));
    t.notRegex(title, /\.$|\|/, id);
    t.notRegex(suffers.what, /\.$|\|/, id);
    t.is(new URL(link).protocol, 'https:', id);
  }
});

test('a server that answers everything alike fails or blocks what it cannot have done', async (t) => {
  const server = await ScriptedServer.start(t, (_request, response) => answer(response, 200, { a: '<script>' }));
  const { results, cleanUp } = await verification(t, server);
  const passed = results.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id);
  t.deepEqual(passed, ['pull/ping']);
  for (const { reason, id } of results) t.true(id === 'pull/ping' || reason !== undefined, id);
  t.deepEqual(cleanUp.left, []);
});

test('a server that breaks every connection but one blocks the checks with the reason', async (t) => {
  const server = await ScriptedServer.start(t, ({ url, socket }, response) =>
    url === PING ? answer(response, 200) : socket.destroy(),
  );
  const checks = CHECKS.filter(({ group }) => group === 'push');
  const { results, missing } = await verification(t, server, { checks });
  t.regex(missing.push ?? '', /the connection broke/);
  for (const { outcome, reason, exchanges } of results) {
    t.is(outcome, 'blocked');
    if (reason?.startsWith('it needs "') === true) continue;
    t.regex(reason ?? '', /^there was no answer: the connection broke/);
    t.regex(exchanges.at(-1)?.failure ?? '', /the connection broke/);
  }
});

test('the credentials of a client are in no record', async (t) => {
  const server = await ScriptedServer.start(t, (_request, response) =>
    answer(response, 404, { token: 'hidden' }, { 'Set-Cookie': 'a=hidden', Location: '/x?X-Amz-Signature=hidden&n=1' }),
  );
  const check = checkThat(async (bench) => {
    const headers = { authorization: 'Basic hidden' };
    await bench.get('/v2/?access_token=hidden', { headers });
    throw new Error('over');
  });
  const { results } = await verification(t, server, { checks: [check] });
  const text = JSON.stringify(results);
  t.notRegex(text, /hidden/);
  t.regex(text, /n=1/);
});

test('a check ends at its limit of requests, of bytes and of time, and the next one runs', async (t) => {
  const registry = await withRegistry(t);
  const greedy = checkThat(async (bench) => {
    for (;;) await bench.get(PING);
  });
  const large = checkThat(async (bench) => {
    await bench.post(uploadsPath(bench.repository, { digest: 'sha256:0' }), { body: Buffer.alloc(100_000) });
  });
  const slow = checkThat(() => new Promise(() => undefined));
  const last = checkThat(async (bench) => void (await bench.get(PING)));
  const narrow = { ...WIDE, requests: 30, bytes: 50_000 };
  const bounded = await verification(t, registry, { checks: [greedy, large, last], checkLimits: narrow });
  const timed = await verification(t, registry, { checks: [slow], checkLimits: { ...WIDE, ms: 1000 } });
  t.deepEqual(
    [...bounded.results, ...timed.results].map(({ outcome, reason }) => [outcome, reason]),
    [
      ['blocked', 'the limit of a check, 30 requests, is reached'],
      ['blocked', 'the limit of a check, 50000 bytes, is reached'],
      ['passed', undefined],
      ['blocked', 'the limit of a check, 1 s, is reached'],
    ],
  );
});

test('what the limit of the run leaves out is skipped, with the reason, and what was pushed is removed', async (t) => {
  const registry = await withRegistry(t);
  const endless = checkThat(async (bench) => {
    for (;;) await pushImage(bench, { tag: 'left' });
  });
  const late = checkThat(() => Promise.resolve());
  const limits = { ...WIDE, requests: 100 };
  const { results, cleanUp } = await verification(t, registry, { checks: [endless, late], concurrency: 1, limits });
  t.deepEqual(
    results.map(({ outcome, reason }) => [outcome, reason]),
    [
      ['blocked', 'the limit of all checks, 100 requests, is reached'],
      ['skipped', 'the run had reached its limit before'],
    ],
  );
  t.deepEqual(cleanUp.left, []);
  t.deepEqual(await tagsLeft(registry), []);
});

test('an abort in the middle of a check ends the run, and what was pushed is removed', async (t) => {
  const registry = await withRegistry(t);
  const stopping = new AbortController();
  const check = checkThat(async (bench) => {
    await pushImage(bench, { tag: 'left' });
    await bench.post(uploadsPath(bench.repository));
    stopping.abort(new Error('stopped by the user'));
    await setImmediate();
    await bench.get(PING);
  });
  const run = verification(t, registry, { checks: [check, check], signal: stopping.signal });
  await t.throwsAsync(run, { message: 'stopped by the user' });
  t.deepEqual(await tagsLeft(registry), []);
});

test('what a check still sends when it has failed is ended, and its upload is removed', async (t) => {
  const registry = await withRegistry(t);
  const uploads: string[] = [];
  const body = async function* () {
    yield Buffer.alloc(1000);
    await new Promise(() => undefined);
  };
  const check = checkThat(async (bench) => {
    const upload = (await bench.post(uploadsPath(bench.repository))).location();
    uploads.push(new URL(upload).pathname);
    bench.patch(upload, { body: body() }).catch(() => undefined);
    throw new CheckFailure('over');
  });
  const { results, cleanUp } = await verification(t, registry, { checks: [check] });
  t.is(results[0]?.outcome, 'failed');
  t.deepEqual(cleanUp.left, []);
  for (const upload of uploads) t.is((await registry.ask('GET', upload)).status, 404);
});

test('what a registry refuses to delete is reported, and asked for only a few times', async (t) => {
  const registry = await withRegistry(t, { storage: { delete: { enabled: false } } });
  const checks = [checkThat(async (bench) => void (await Promise.all([1, 2, 3].map(() => pushImage(bench)))))];
  const { cleanUp, missing } = await verification(t, registry, { checks });
  t.regex(missing['delete-manifest'] ?? '', /the deletion of a manifest was answered with 405/);
  t.true(cleanUp.left.length > 10);
  t.deepEqual(
    [...new Set(cleanUp.left.map(({ reason }) => reason))],
    ['the registry refuses to delete: it answers 405'],
  );
  for (const { target } of cleanUp.left) t.regex(target, /^\/v2\/verified\/[0-9a-f]{16}/);
});

test('a blob that was stored although the answer was an error is removed', async (t) => {
  const registry = await withRegistry(t);
  const seen: string[] = [];
  const proxy = await ScriptedServer.start(t, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { method = '', url = '' } = request;
    const body = Buffer.concat(chunks);
    const headers = { 'Content-Type': request.headers['content-type'] ?? 'application/octet-stream' };
    const done = await registry.ask(method, url, { headers, ...(body.byteLength > 0 && { body }) });
    const isBlob = method === 'PUT' && url.includes('digest=');
    if (method === 'DELETE' && done.status === 202) seen.push(url);
    const { location = '' } = done.headers;
    response.writeHead(isBlob ? 500 : done.status, { Location: String(location) }).end();
  });
  const digests: string[] = [];
  const check = checkThat(async (bench) => {
    const begun = await bench.post(uploadsPath(bench.repository));
    const digest = 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
    digests.push(blobPath(bench.repository, digest));
    await bench.put(`${begun.location()}&digest=${digest}`, { body: Buffer.from('{}') });
  });
  await verification(t, proxy, { checks: [check] });
  t.true(seen.includes(digests[0] ?? ''));
});
