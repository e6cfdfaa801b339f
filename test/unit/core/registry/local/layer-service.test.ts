import { digestOf } from '../../../../../core/digest/digest.ts';
import { DriverError } from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { createUploadId } from '../../../../../core/model/reference.ts';
import { at, bodyOf, chunked, content, drain } from '../../../../../testing/driver-case.ts';
import { name, pushBlob } from '../../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';

const REPOSITORY = name('foo/bar');
const OTHER = name('foo');
const BYTES = content(300_000);
const DIGEST = digestOf(BYTES);

eachDriver('an uploaded blob exists, with its size and its bytes', async (t, driver) => {
  const { layers } = composeCore(driver);
  await using upload = await layers.upload(REPOSITORY);
  t.is(upload.size, 0);
  await upload.append({ body: chunked(BYTES) });
  t.is(upload.state.offset, BYTES.byteLength);
  const descriptor = await upload.finish(DIGEST);
  t.deepEqual(descriptor, { mediaType: 'application/octet-stream', digest: DIGEST, size: BYTES.byteLength });
  t.true(await layers.exists(REPOSITORY, DIGEST));
  t.deepEqual(await layers.stat(REPOSITORY, DIGEST), descriptor);
  t.true((await drain(await (await layers.fetch(REPOSITORY, DIGEST)).open())).equals(BYTES));
});

eachDriver('a layer is read whole, in part, with seeks, and twice', async (t, driver) => {
  const { layers } = composeCore(driver);
  await pushBlob(layers, REPOSITORY, BYTES);
  const layer = await layers.fetch(REPOSITORY, DIGEST);
  t.true((await drain(await layer.open({ start: 299_990 }))).equals(BYTES.subarray(299_990)));
  t.true((await drain(await layer.open({ start: 10, end: 20 }))).equals(BYTES.subarray(10, 20)));
  await using reader = await layer.reader();
  const buffer = Buffer.alloc(BYTES.byteLength);
  for (let round = 0; round < 2; round += 1) {
    await reader.seek(0);
    t.is(await reader.read(buffer), BYTES.byteLength);
    t.is(digestOf(buffer), DIGEST);
    buffer.fill(0);
  }
});

eachDriver('a blob that the repository lacks is unknown, even if another repository has it', async (t, driver) => {
  const { layers } = composeCore(driver);
  await pushBlob(layers, OTHER, BYTES);
  t.false(await layers.exists(REPOSITORY, DIGEST));
  for (const call of [
    () => layers.stat(REPOSITORY, DIGEST),
    () => layers.fetch(REPOSITORY, DIGEST),
    () => layers.delete(REPOSITORY, DIGEST),
  ]) {
    const error = await t.throwsAsync<RegistryError>(async () => call(), { instanceOf: RegistryError });
    t.is(error.code, 'BLOB_UNKNOWN');
    t.is(error.detail?.['digest'], DIGEST);
  }
});

eachDriver('a link whose content is gone is an unknown blob', async (t, driver) => {
  const { layers, paths } = composeCore(driver);
  await pushBlob(layers, REPOSITORY, BYTES);
  const layer = await layers.fetch(REPOSITORY, DIGEST);
  await driver.delete(paths.blobData(DIGEST));
  t.false(await layers.exists(REPOSITORY, DIGEST));
  const error = await t.throwsAsync(layer.open(), { instanceOf: RegistryError });
  t.is(error.code, 'BLOB_UNKNOWN');
});

eachDriver('a blob that distribution stored under sha256 is served by its sha512', async (t, driver) => {
  const { layers, links, paths } = composeCore(driver);
  const alias = digestOf(BYTES, 'sha512');
  await pushBlob(layers, REPOSITORY, BYTES);
  await links.write(paths.layerLink(REPOSITORY, alias), DIGEST);
  const layer = await layers.fetch(REPOSITORY, alias);
  t.is(layer.descriptor.digest, alias);
  t.true((await drain(await layer.open())).equals(BYTES));
  await layers.mount(OTHER, alias, REPOSITORY);
  t.true((await drain(await (await layers.fetch(OTHER, alias)).open())).equals(BYTES));
  // distribution serves the alias only if the repository has the content's own digest, too.
  t.true(await layers.exists(OTHER, DIGEST));
});

eachDriver('finding a blob costs two calls and reading it one more', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { layers } = composeCore(counting);
  await pushBlob(layers, REPOSITORY, BYTES);
  counting.reset();
  await layers.exists(REPOSITORY, DIGEST);
  t.is(counting.count(), 2);
  const layer = await layers.fetch(REPOSITORY, DIGEST);
  t.is(counting.count(), 4);
  await drain(await layer.open());
  t.is(counting.count(), 5);
});

eachDriver('a mount gives a blob to another repository without moving bytes', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { layers } = composeCore(counting);
  await pushBlob(layers, REPOSITORY, BYTES);
  counting.reset();
  const descriptor = await layers.mount(OTHER, DIGEST, REPOSITORY);
  t.is(descriptor?.size, BYTES.byteLength);
  t.is(counting.count(), 3);
  t.is(counting.count('openWriter'), 0);
  t.true((await drain(await (await layers.fetch(OTHER, DIGEST)).open())).equals(BYTES));
});

eachDriver('a mount of a blob that the source lacks gives nothing', async (t, driver) => {
  const { layers } = composeCore(driver);
  t.is(await layers.mount(OTHER, DIGEST, REPOSITORY), undefined);
  await pushBlob(layers, REPOSITORY, BYTES);
  t.is(await layers.mount(REPOSITORY, DIGEST, name('elsewhere')), undefined);
  t.is(await layers.mount(OTHER, digestOf(BYTES, 'sha512'), REPOSITORY), undefined);
  t.false(await layers.exists(OTHER, DIGEST));
});

eachDriver('a blob is deleted in one repository and stays in the others', async (t, driver) => {
  const { layers } = composeCore(driver);
  await pushBlob(layers, REPOSITORY, BYTES);
  await layers.mount(OTHER, DIGEST, REPOSITORY);
  await layers.delete(REPOSITORY, DIGEST);
  t.false(await layers.exists(REPOSITORY, DIGEST));
  t.true(await layers.exists(OTHER, DIGEST));
  await t.throwsAsync(layers.delete(REPOSITORY, DIGEST), { instanceOf: RegistryError, message: /BLOB_UNKNOWN/ });
  await pushBlob(layers, REPOSITORY, BYTES);
  t.true(await layers.exists(REPOSITORY, DIGEST));
});

for (const [what, damage] of [
  ['filled with zeros', () => Buffer.alloc(BYTES.byteLength)],
  ['cut', () => BYTES.subarray(0, 5)],
  ['emptied', () => Buffer.alloc(0)],
] as const) {
  eachDriver(`a blob that was ${what} on the disk is repaired by a push, for every repository`, async (t, driver) => {
    const { layers, paths } = composeCore(driver);
    await pushBlob(layers, REPOSITORY, BYTES);
    await driver.write(paths.blobData(DIGEST), damage());
    await pushBlob(layers, OTHER, BYTES);
    for (const repository of [REPOSITORY, OTHER]) {
      t.deepEqual(await drain(await (await layers.fetch(repository, DIGEST)).open()), BYTES);
    }
  });
}

eachDriver('a blob that was emptied on the disk is unknown and cannot be mounted', async (t, driver) => {
  const { layers, paths } = composeCore(driver);
  await pushBlob(layers, REPOSITORY, BYTES);
  await driver.write(paths.blobData(DIGEST), Buffer.alloc(0));
  t.false(await layers.exists(REPOSITORY, DIGEST));
  await t.throwsAsync(layers.fetch(REPOSITORY, DIGEST), { instanceOf: RegistryError, message: /BLOB_UNKNOWN/ });
  t.is(await layers.mount(OTHER, DIGEST, REPOSITORY), undefined);
  t.is(await layers.mount(OTHER, DIGEST, '*'), undefined);
});

eachDriver(
  'a folder in place of a blob does not count as a blob, and a push says so and can be repeated',
  async (t, driver) => {
    const { layers, paths } = composeCore(driver);
    await driver.write(at(`${paths.blobData(DIGEST)}/x`), BYTES);
    t.false(await layers.exists(REPOSITORY, DIGEST));
    const { uuid, startedAt: begunAt } = await (async () => {
      await using upload = await layers.upload(REPOSITORY);
      return upload.state;
    })();
    const push = async (): Promise<void> => {
      await using upload = await layers.resumeToFinish(REPOSITORY, { uuid, offset: 0, begunAt, digest: DIGEST });
      await upload.append({ body: bodyOf(BYTES) });
      await upload.finish(DIGEST);
    };
    const error = await t.throwsAsync(push());
    t.true(DriverError.is(error, 'invalid-path'), String(error));
    await driver.delete(paths.blobData(DIGEST));
    await push();
    t.true(await layers.exists(REPOSITORY, DIGEST));
  },
);

eachDriver('an upload that does not exist can be neither resumed nor queried', async (t, driver) => {
  const { layers } = composeCore(driver);
  const uuid = createUploadId();
  for (const call of [() => layers.resume(REPOSITORY, { uuid }), () => layers.status(REPOSITORY, { uuid })]) {
    const error = await t.throwsAsync<RegistryError>(async () => call(), { instanceOf: RegistryError });
    t.is(error.code, 'BLOB_UPLOAD_UNKNOWN');
  }
  t.is(await driver.stat(composeCore(driver).paths.repository(REPOSITORY)), undefined);
});

eachDriver('an upload of one repository is unknown in another', async (t, driver) => {
  const { layers } = composeCore(driver);
  await using upload = await layers.upload(REPOSITORY);
  await upload.append({ body: bodyOf(BYTES) });
  const { uuid } = upload.state;
  for (const call of [() => layers.resume(OTHER, { uuid }), () => layers.status(OTHER, { uuid })]) {
    const error = await t.throwsAsync<RegistryError>(async () => call(), { instanceOf: RegistryError });
    t.is(error.code, 'BLOB_UPLOAD_UNKNOWN');
  }
});

eachDriver('an upload with an unknown digest algorithm is refused before anything is stored', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { layers } = composeCore(counting);
  const error = await t.throwsAsync(layers.upload(REPOSITORY, { algorithm: 'md5' }), { instanceOf: RegistryError });
  t.is(error.code, 'DIGEST_INVALID');
  t.is(counting.count(), 0);
});
