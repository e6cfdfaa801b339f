import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { content, MIB } from '../../../testing/driver-case.ts';
import { mountSmallDisk } from '../../helpers/drivers/small-disk.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import type { Answer } from '../../helpers/http/http-request.ts';
import { digestOf, imageManifest, locationOf, OCI_MANIFEST, withRegistry } from '../../helpers/http/with-registry.ts';
import { lostPushes, type Push } from '../../helpers/invariants/acknowledged.ts';
import { brokenRules } from '../../helpers/invariants/broken-rules.ts';
import { storedFiles } from '../../helpers/invariants/stored-files.ts';
import { fetchOver } from '../crash/pushing-client.ts';

const DISK = 4 * MIB;

function isFull(answer: Answer): boolean {
  const { errors } = JSON.parse(answer.text) as { errors: ReadonlyArray<{ code: string; detail?: unknown }> };
  return answer.status === 503 && JSON.stringify(errors).includes('the storage is full');
}

async function brokenFiles(rootFolder: string): Promise<string[]> {
  await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 25, warn: () => undefined });
  return brokenRules(await storedFiles(driver));
}

test('a full disk is reported clearly, leaves nothing half written, and causes no failure once there is space', async (t) => {
  const folder = await tempRoot(t);
  const root = join(folder, 'root');
  await mkdir(root);
  const disk = mountSmallDisk(t, root, String(DISK));
  if (disk === undefined) return;
  const registry = await withRegistry(t, { storage: { filesystem: {} }, folder });
  t.is(registry.root, root);

  const kept: Push[] = [];
  const manifest = imageManifest('layer');
  const reference = await registry.pushImage('disk/full', 'before');
  kept.push({ kind: 'manifest', repository: 'disk/full', reference, bytes: Buffer.from(manifest) });

  // A blob that does not fit, as a chunk and in one piece.
  const large = content(DISK + MIB);
  const [location, other] = [await registry.startUpload('disk/full'), await registry.startUpload('disk/full')];
  const chunk = await registry.ask('PATCH', location, { body: large });
  t.true(isFull(chunk), chunk.text);
  const whole = await registry.finishUpload(other, digestOf(large), { body: large });
  t.true(isFull(whole), whole.text);
  t.deepEqual(await brokenFiles(root), []);

  // The last page of the disk is taken by an upload; now not even a link can be written.
  const put = await registry.putManifest('disk/full', 'after', { body: manifest, type: OCI_MANIFEST });
  t.true(isFull(put), put.text);
  const small = await registry.ask('POST', `/v2/disk/full/blobs/uploads/?digest=${digestOf('small')}`, {
    body: 'small',
  });
  t.true(isFull(small), small.text);
  const held = await registry.ask('PATCH', await registry.startUpload('disk/full'), { body: 'small' });
  t.true(isFull(held), held.text);
  t.is((await registry.ask('GET', '/v2/disk/full/manifests/after')).status, 404);
  t.deepEqual(await lostPushes(kept, fetchOver(registry)), []);
  t.deepEqual(await brokenFiles(root), []);

  // Space returns while the registry runs: the upload continues where it was, and everything else works.
  disk.remount(`size=${8 * DISK}`);
  const status = await registry.ask('GET', location);
  t.is(status.status, 204);
  const [, last] = /^0-(\d+)$/.exec(String(status.headers.range)) ?? [];
  const rest = large.subarray(Number(last) + 1);
  t.true(rest.byteLength < large.byteLength && rest.byteLength > 0);
  t.is((await registry.finishUpload(locationOf(status), digestOf(large), { body: rest })).status, 201);
  // The upload of the other client, which has not recorded its start, begins again.
  const again = locationOf(await registry.ask('GET', other));
  t.is((await registry.finishUpload(again, digestOf(large), { body: large })).status, 201);
  kept.push({ kind: 'blob', repository: 'disk/full', reference: digestOf(large), bytes: large });
  t.is((await registry.putManifest('disk/full', 'after', { body: manifest, type: OCI_MANIFEST })).status, 201);
  kept.push({ kind: 'manifest', repository: 'disk/full', reference: 'after', bytes: Buffer.from(manifest) });
  t.deepEqual(await lostPushes(kept, fetchOver(registry)), []);
  t.deepEqual(await brokenFiles(root), []);
});
