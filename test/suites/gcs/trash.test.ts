import { digestOf } from '../../../core/digest/digest.ts';
import {
  descriptorOf,
  imageManifest,
  name,
  pushBlob,
  reference,
  tagged,
} from '../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../helpers/core/collect-garbage.ts';
import { composeCoreWithTrash } from '../../helpers/core/core-parts.ts';
import { changeNow, fillRepository } from '../../helpers/core/repository-parts.ts';
import { OldFiles } from '../../helpers/drivers/old-files.ts';
import { emulatorUrl, newBucket, testsWithEmulator } from './emulator.ts';
import { openGcs } from './gcs-driver.ts';

const test = testsWithEmulator('trash');
const APP = name('team/app');
const LAYER = Buffer.alloc(3_000_000, 'layer');
const GARBAGE = Buffer.alloc(100_000, 'garbage');
const { signal } = new AbortController();

test('what is deleted from a bucket comes back after collections, and is gone when the trash is emptied', async (t) => {
  const bucket = await openGcs(await newBucket(), await emulatorUrl());
  const core = composeCoreWithTrash(new OldFiles(bucket), { keepMs: 72 * 60 * 60 * 1000 });
  const bytes = imageManifest({ config: descriptorOf(LAYER), layers: [descriptorOf(LAYER)] });
  for (const blob of [LAYER, GARBAGE]) await pushBlob(core.layers, APP, blob);
  await core.manifests.put(APP, tagged('v1'), { bytes, contentType: undefined });
  await core.manifests.delete(APP, reference(digestOf(bytes)));
  t.like(await collectGarbage(core, { deletesUntagged: true }), { removedContents: 1 });
  t.false(await core.registry.manifests.exists(APP, tagged('v1')));
  await core.undeleter.undelete(APP, tagged('v1'), { isForced: false });
  t.deepEqual((await core.registry.manifests.get(APP, tagged('v1'))).bytes, bytes);
  t.true((await core.undeleter.undeleteContent(digestOf(GARBAGE))).wasSwept);
  const stream = await (await core.layers.fetch(APP, digestOf(GARBAGE))).open();
  t.true(Buffer.concat(await stream.toArray()).equals(GARBAGE));
  await core.manifests.delete(APP, tagged('v1'));
  t.true((await core.trash.empty({ signal, dryRun: false, now: true })).items >= 2);
  await t.throwsAsync(core.undeleter.undelete(APP, tagged('v1'), { isForced: false }), { message: /not in the trash/ });
  const left: string[] = [];
  for await (const repository of core.trash.repositories()) left.push(repository);
  t.deepEqual(left, []);
});

test('a repository that was deleted from a bucket comes back', async (t) => {
  const bucket = await openGcs(await newBucket(), await emulatorUrl());
  const core = composeCoreWithTrash(new OldFiles(bucket), { keepMs: 72 * 60 * 60 * 1000 });
  const [one] = await fillRepository(core, APP);
  await changeNow(core, { action: 'delete', name: APP });
  await collectGarbage(core);
  t.false(await core.registry.manifests.exists(APP, tagged('v1')));
  t.deepEqual(await core.repositoryReturn.bringBack(APP, { isForced: false, signal }), {
    manifests: 5,
    tags: 4,
    lost: [],
  });
  t.deepEqual((await core.registry.manifests.get(APP, tagged('v1'))).bytes, one);
});
