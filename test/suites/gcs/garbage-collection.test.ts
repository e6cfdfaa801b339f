import { digestOf } from '../../../core/digest/digest.ts';
import { content } from '../../../testing/driver-case.ts';
import { descriptorOf, imageManifest, json, name, pushBlob, tagged } from '../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../helpers/core/collect-garbage.ts';
import { composeCore, composeCoreWithTrash } from '../../helpers/core/core-parts.ts';
import { OldFiles } from '../../helpers/drivers/old-files.ts';
import { emulatorUrl, newBucket, testsWithEmulator } from './emulator.ts';
import { openGcs } from './gcs-driver.ts';

const test = testsWithEmulator('garbage collection');
const REPOSITORY = name('team/app');
const CONFIG = Buffer.from('{}');
const LAYER = content(3_000, 1);
const GARBAGE = content(5_000, 2);
const IMAGE = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });
const SBOM = json({ ...(JSON.parse(IMAGE.toString()) as object), subject: descriptorOf(IMAGE) });
const manifest = (bytes: Buffer) => ({ bytes, contentType: undefined });
const byDigest = (bytes: Buffer) => ({ kind: 'digest', digest: digestOf(bytes) }) as const;
const signal = new AbortController().signal;

test('where moves are copies, a collection beside requests frees what nothing needs and keeps what one relies on', async (t) => {
  const driver = await openGcs(await newBucket(), await emulatorUrl());
  const core = composeCore(driver);
  for (const bytes of [CONFIG, LAYER, GARBAGE]) await pushBlob(core.layers, REPOSITORY, bytes);
  await core.manifests.put(REPOSITORY, tagged('v1'), manifest(IMAGE));
  await core.manifests.put(REPOSITORY, byDigest(SBOM), manifest(SBOM));
  const collector = composeCore(new OldFiles(driver));
  const wanted = composeCore(driver);
  const rescued = await collectGarbage(collector, {
    meanwhile: async () => t.true(await wanted.layers.exists(REPOSITORY, digestOf(GARBAGE))),
  });
  t.like(rescued, { removedContents: 0, kept: 1 });
  t.true(await composeCore(driver).layers.exists(REPOSITORY, digestOf(GARBAGE)));
  t.like(await collectGarbage(collector), { removedContents: 1, freedBytes: GARBAGE.byteLength });
  t.false(await composeCore(driver).layers.exists(REPOSITORY, digestOf(GARBAGE)));

  await core.manifests.delete(REPOSITORY, byDigest(IMAGE));
  await collectGarbage(collector, { deletesUntagged: true });
  const { items } = await composeCore(driver).catalog.list({ limit: 9, after: undefined });
  t.deepEqual(items, []);
  t.is(await driver.stat(core.paths.repositories()), undefined);
});

test('where moves are copies, what a collection has swept comes back from the trash', async (t) => {
  const driver = await openGcs(await newBucket(), await emulatorUrl());
  const core = composeCoreWithTrash(new OldFiles(driver), { keepMs: 3_600_000 });
  await pushBlob(core.layers, REPOSITORY, GARBAGE);
  // The link is there as well.
  const trashBytes = GARBAGE.byteLength + digestOf(GARBAGE).length;
  t.like(await collectGarbage(core), { removedContents: 1, trashBytes });
  t.false(await core.layers.exists(REPOSITORY, digestOf(GARBAGE)));
  await core.undeleter.undeleteContent(digestOf(GARBAGE));
  t.true(await composeCore(driver).layers.exists(REPOSITORY, digestOf(GARBAGE)));
  t.is((await core.trash.sizeSwept({ signal })).bytes, 0);
});
