import test, { type ExecutionContext } from 'ava';
import { content } from '../../../testing/driver-case.ts';
import { FAST_DISK, tempRoot } from '../../helpers/drivers/temp-root.ts';
import type { Answer } from '../../helpers/http/http-request.ts';
import {
  digestOf,
  imageManifest,
  locationOf,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../helpers/http/with-registry.ts';
import { lostPushes } from '../../helpers/invariants/acknowledged.ts';
import { fetchOver } from '../crash/pushing-client.ts';

const CLIENTS = 24;
const NAME = 'many/clients';
const BLOB = content(300_000);
const DIGEST = digestOf(BLOB);

function times<Result>(count: number, action: (index: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => action(index)));
}

/** How often each status was answered. */
function statuses(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function eachStorage(title: string, run: (t: ExecutionContext, registry: Registry) => Promise<void>): void {
  test(`${title} [inmemory]`, async (t) => run(t, await withRegistry(t)));
  test(`${title} [filesystem]`, async (t) => {
    const folder = await tempRoot(t, FAST_DISK);
    await run(t, await withRegistry(t, { storage: { filesystem: {} }, folder }));
  });
}

eachStorage('many clients that push one blob at once all succeed, and it is stored correctly', async (t, registry) => {
  const answers = await times(CLIENTS, async () =>
    registry.finishUpload(await registry.startUpload(NAME), DIGEST, { body: BLOB }),
  );
  t.deepEqual(statuses(answers), { 201: CLIENTS });
  const push = { kind: 'blob', repository: NAME, reference: DIGEST, bytes: BLOB } as const;
  t.deepEqual(await lostPushes([push], fetchOver(registry)), []);
});

eachStorage('many clients that set one tag at once all succeed, and it is one of theirs', async (t, registry) => {
  await registry.pushBlob(NAME, '{}');
  const layers = Array.from({ length: CLIENTS }, (_, index) => `layer ${index}`);
  for (const layer of layers) await registry.pushBlob(NAME, layer);
  const manifests = layers.map((layer) => imageManifest(layer));
  const answers = await times(CLIENTS, (index) =>
    registry.putManifest(NAME, 'latest', { body: manifests[index], type: OCI_MANIFEST }),
  );
  t.deepEqual(statuses(answers), { 201: CLIENTS });
  const { text } = await registry.ask('GET', `/v2/${NAME}/manifests/latest`, { headers: { Accept: OCI_MANIFEST } });
  t.true(manifests.includes(text));
  const pushes = manifests.map((body) => {
    return { kind: 'manifest', repository: NAME, reference: digestOf(body), bytes: Buffer.from(body) } as const;
  });
  t.deepEqual(await lostPushes(pushes, fetchOver(registry)), []);
});

eachStorage('of many clients that send one chunk exactly one wins, and the others get 416', async (t, registry) => {
  const location = await registry.startUpload(NAME);
  const half = BLOB.subarray(0, BLOB.byteLength / 2);
  const headers = { 'Content-Range': `0-${half.byteLength - 1}` };
  const answers = await times(CLIENTS, () => registry.ask('PATCH', location, { body: half, headers }));
  t.deepEqual(statuses(answers), { 202: 1, 416: CLIENTS - 1 });
  for (const { status, headers: given } of answers) if (status === 416) t.regex(String(given.range), /^0-\d+$/);
  const next = await registry.ask('GET', location);
  t.is(next.headers.range, `0-${half.byteLength - 1}`);
  const rest = { body: BLOB.subarray(half.byteLength) };
  t.is((await registry.finishUpload(locationOf(next), DIGEST, rest)).status, 201);
});

eachStorage(
  'of many clients that finish one upload one succeeds, and the others learn that it is finished or being finished',
  async (t, registry) => {
    const location = await registry.sendChunk(await registry.startUpload(NAME), BLOB);
    const answers = await times(CLIENTS, () => registry.finishUpload(location, DIGEST));
    const { 201: created = 0, 416: busy = 0, ...others } = statuses(answers);
    t.true(created >= 1);
    t.is(created + busy, CLIENTS);
    t.deepEqual(others, {});
    const push = { kind: 'blob', repository: NAME, reference: DIGEST, bytes: BLOB } as const;
    t.deepEqual(await lostPushes([push], fetchOver(registry)), []);
  },
);

eachStorage('pushing and deleting one manifest at once ends with all of it or nothing', async (t, registry) => {
  const digest = await registry.pushImage(NAME, 'latest');
  const body = imageManifest('layer');
  const answers = await times(CLIENTS, (index) =>
    index % 2 === 0
      ? registry.putManifest(NAME, 'latest', { body, type: OCI_MANIFEST })
      : registry.ask('DELETE', `/v2/${NAME}/manifests/${digest}`),
  );
  const { 201: put, 202: deleted = 0, 404: unknown = 0, ...others } = statuses(answers);
  t.deepEqual([put, deleted + unknown, others], [CLIENTS / 2, CLIENTS / 2, {}]);
  const byTag = await registry.ask('GET', `/v2/${NAME}/manifests/latest`);
  const byDigest = await registry.ask('GET', `/v2/${NAME}/manifests/${digest}`);
  t.true([200, 404].includes(byTag.status));
  if (byTag.status === 200) t.is(byDigest.status, 200);
  const { text } = await registry.ask('GET', `/v2/${NAME}/tags/list`);
  t.deepEqual((JSON.parse(text) as { tags?: string[] }).tags ?? [], byTag.status === 200 ? ['latest'] : []);
});
