import test from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../../../core/model/media-types.ts';
import { parseTag } from '../../../../../core/model/reference.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  json,
  name,
  pushBlob,
  reference,
  tagged,
} from '../../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { RoundDriver } from '../../../../helpers/drivers/round-driver.ts';

const REPOSITORY = name('foo/bar');
const BLOBS = ['config', 'one', 'two', 'three', 'four'].map((text) => Buffer.from(text));
const [CONFIG, ...LAYERS] = BLOBS.map((bytes) => descriptorOf(bytes));
const BYTES = imageManifest({ config: CONFIG, layers: LAYERS });
const IMAGE = { bytes: BYTES, contentType: OCI_IMAGE_MANIFEST };

test('a tag of five blobs that this process has just stored takes three rounds in a remote storage', async (t) => {
  const storage = new RoundDriver();
  const { layers, manifests, paths } = composeCore(storage);
  for (const bytes of BLOBS) await pushBlob(layers, REPOSITORY, bytes);
  storage.reset();
  const { digest } = await manifests.put(REPOSITORY, tagged('latest'), IMAGE);
  const tag = parseTag('latest');
  t.deepEqual(storage.rounds, [
    [`write ${paths.blobData(digest)}`, `write ${paths.revisionLink(REPOSITORY, digest)}`],
    [`write ${paths.tagCurrentLink(REPOSITORY, tag)}`],
    [`read ${paths.revisionLink(REPOSITORY, digest)}`, `write ${paths.tagIndexLink(REPOSITORY, tag, digest)}`],
  ]);
});

test('a tag of five blobs that another process has stored takes one more round, for all blobs at once', async (t) => {
  const storage = new RoundDriver();
  for (const bytes of BLOBS) await pushBlob(composeCore(storage).layers, REPOSITORY, bytes);
  storage.reset();
  await composeCore(storage).manifests.put(REPOSITORY, tagged('latest'), IMAGE);
  t.deepEqual(
    storage.rounds.map(({ length }) => length),
    [10, 2, 1, 2],
  );
});

test('an index of images that this process has just stored takes three rounds, of others one more', async (t) => {
  const storage = new RoundDriver();
  const { manifests } = composeCore(storage);
  const children = ['a', 'b', 'c'].map((text) => json({ schemaVersion: 2, manifests: [], text }));
  for (const bytes of children) {
    await manifests.put(REPOSITORY, reference(digestOf(bytes)), { bytes, contentType: OCI_IMAGE_INDEX });
  }
  const index = {
    bytes: imageIndex(children.map((bytes) => descriptorOf(bytes, OCI_IMAGE_INDEX))),
    contentType: OCI_IMAGE_INDEX,
  };
  storage.reset();
  await manifests.put(REPOSITORY, tagged('a'), index);
  t.is(storage.rounds.length, 3);
  storage.reset();
  await composeCore(storage).manifests.put(REPOSITORY, tagged('b'), index);
  t.deepEqual(
    storage.rounds.map(({ length }) => length),
    [6, 2, 1, 2],
  );
});

test('many tags of one push take no more rounds than one', async (t) => {
  const storage = new RoundDriver();
  const { manifests } = composeCore(storage);
  const tags = Array.from({ length: 10 }, (_, index) => parseTag(`t${index}`));
  const empty = { bytes: imageIndex([]), contentType: OCI_IMAGE_INDEX, tags };
  await manifests.put(REPOSITORY, reference(digestOf(empty.bytes)), empty);
  t.is(storage.rounds.length, 3);
});

test('a push of a manifest that this process has stored before writes only its tag to a remote storage', async (t) => {
  const storage = new RoundDriver();
  const { manifests, paths } = composeCore(storage);
  const empty = { bytes: imageIndex([]), contentType: OCI_IMAGE_INDEX };
  const { digest } = await manifests.put(REPOSITORY, tagged('a'), empty);
  storage.reset();
  await manifests.put(REPOSITORY, tagged('b'), empty);
  const writes = storage.rounds.flat().filter((call) => call.startsWith('write'));
  t.deepEqual(writes, [
    `write ${paths.tagCurrentLink(REPOSITORY, parseTag('b'))}`,
    `write ${paths.tagIndexLink(REPOSITORY, parseTag('b'), digest)}`,
  ]);
  t.is(storage.rounds.length, 3);
});

eachDriver('a local storage is asked for the five blobs each time, and gets four files', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { layers, manifests, paths } = composeCore(counting);
  for (const bytes of BLOBS) await pushBlob(layers, REPOSITORY, bytes);
  counting.reset();
  const { digest } = await manifests.put(REPOSITORY, tagged('latest'), IMAGE);
  t.is(counting.count('write'), 4);
  t.is(counting.count(), 2 * BLOBS.length + 4 + 2, 'and looks whether tag and manifest are there');
  await manifests.put(REPOSITORY, tagged('second'), IMAGE);
  counting.reset();
  await manifests.put(REPOSITORY, tagged('third'), IMAGE);
  const writes = counting.sites.filter(({ call }) => call === 'write').map(({ path }) => path);
  const third = parseTag('third');
  t.deepEqual(writes, [paths.tagCurrentLink(REPOSITORY, third), paths.tagIndexLink(REPOSITORY, third, digest)]);
});
