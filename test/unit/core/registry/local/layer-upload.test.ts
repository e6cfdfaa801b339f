import type { ExecutionContext } from 'ava';
import { type Digest, digestOf } from '../../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { UploadRangeError } from '../../../../../core/model/upload-state.ts';
import { bodyOf, content, drain, MIB } from '../../../../../testing/driver-case.ts';
import { name } from '../../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../../helpers/core/core-parts.ts';
import { storedUpload } from '../../../../helpers/core/stored-upload.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';

const REPOSITORY = name('foo/bar');
const BYTES = content(100_000);
const DIGEST = digestOf(BYTES);
const EMPTY = Buffer.alloc(0);

eachDriver('chunks that follow each other, each in a request of its own, make one blob', async (t, driver) => {
  const { layers, uploads } = composeCore(driver);
  const uuid = await begin({ layers, uploads });
  for (const [start, end] of [
    [0, 1],
    [1, 40_000],
    [40_000, 40_000],
    [40_000, 100_000],
  ] as const) {
    await using upload = await layers.resume(REPOSITORY, { uuid, offset: start });
    await upload.append({ body: bodyOf(BYTES.subarray(start, end)), range: { start, end } });
    t.is(upload.size, end);
  }
  await using upload = await layers.resume(REPOSITORY, { uuid, offset: 100_000 });
  await upload.finish(DIGEST);
  await storedRight(t, { layers }, DIGEST);
});

eachDriver('several chunks of one request are joined', async (t, driver) => {
  const { layers } = composeCore(driver);
  await using upload = await layers.upload(REPOSITORY);
  await upload.append({ body: bodyOf(BYTES.subarray(0, 10)) });
  await upload.append({ body: bodyOf() });
  await upload.append({ body: bodyOf(BYTES.subarray(10), EMPTY) });
  await upload.finish(DIGEST);
  await storedRight(t, { layers }, DIGEST);
});

eachDriver('an upload that has advanced is not continued from an old offset', async (t, driver) => {
  const { layers, uploads } = composeCore(driver);
  const uuid = await begin({ layers, uploads }, BYTES.subarray(0, 500));
  for (const offset of [0, 499, 501]) {
    const error = await t.throwsAsync(layers.resume(REPOSITORY, { uuid, offset }), { instanceOf: UploadRangeError });
    t.is(error.code, 'RANGE_INVALID');
    t.is(error.state.offset, 500);
    t.is(error.state.uuid, uuid);
    t.is(error.detail?.['given'], offset);
  }
  await using upload = await layers.resume(REPOSITORY, { uuid, offset: 500 });
  t.is(upload.size, 500);
});

for (const [start, end] of [
  [0, 10],
  [499, 510],
  [501, 510],
  [500, 499],
  [500, 0],
] as const) {
  eachDriver(
    `a chunk of ${start} to ${end} does not continue an upload of 500 bytes, which stays as it is`,
    async (t, driver) => {
      const { layers, uploads } = composeCore(driver);
      const uuid = await begin({ layers, uploads }, BYTES.subarray(0, 500));
      await using upload = await layers.resume(REPOSITORY, { uuid });
      const body = bodyOf(BYTES.subarray(0, 10));
      const error = await t.throwsAsync(upload.append({ body, range: { start, end } }), {
        instanceOf: UploadRangeError,
      });
      t.is(error.state.offset, 500);
      t.is(upload.size, 500);
      await upload.append({ body: bodyOf(BYTES.subarray(500)) });
      await upload.finish(DIGEST);
      await storedRight(t, { layers }, DIGEST);
    },
  );
}

for (const [what, end] of [
  ['less', 600],
  ['more', 505],
] as const) {
  eachDriver(`a body of ${what} than its range is an error, and the bytes that came are kept`, async (t, driver) => {
    const { layers, uploads } = composeCore(driver);
    const uuid = await begin({ layers, uploads }, BYTES.subarray(0, 500));
    await using upload = await layers.resume(REPOSITORY, { uuid });
    const body = bodyOf(BYTES.subarray(500, 510));
    const error = await t.throwsAsync(upload.append({ body, range: { start: 500, end } }), {
      instanceOf: RegistryError,
    });
    t.is(error.code, 'SIZE_INVALID');
    t.deepEqual(error.detail, { expected: end - 500, received: 10 });
    t.is(upload.size, 510);
    await upload.append({ body: bodyOf(BYTES.subarray(510)) });
    await upload.finish(DIGEST);
    await storedRight(t, { layers }, DIGEST);
  });
}

eachDriver('finishing with a wrong digest removes the upload and stores nothing', async (t, driver) => {
  const { layers, paths, uploads } = composeCore(driver);
  const uuid = await begin({ layers, uploads }, BYTES);
  const wrong = digestOf(Buffer.from('other'));
  await using upload = await layers.resume(REPOSITORY, { uuid });
  const error = await t.throwsAsync(upload.finish(wrong), { instanceOf: RegistryError });
  t.is(error.code, 'DIGEST_INVALID');
  t.is(error.detail?.['digest'], wrong);
  t.is(error.detail?.['computed'], DIGEST);
  await upload[Symbol.asyncDispose]();
  for (const digest of [wrong, DIGEST]) {
    t.false(await layers.exists(REPOSITORY, digest));
    t.is(await driver.stat(paths.blobData(digest)), undefined);
  }
  await isGone(t, { layers, driver, paths }, uuid);
});

eachDriver('a wrong digest is noticed even if the bytes must be read again', async (t, driver) => {
  const uuid = await begin(composeCore(driver), BYTES);
  const { layers, paths } = composeCore(driver);
  {
    await using upload = await layers.resume(REPOSITORY, { uuid });
    await t.throwsAsync(upload.finish(digestOf(EMPTY)), { instanceOf: RegistryError, message: /DIGEST_INVALID/ });
  }
  t.is(await driver.stat(paths.blobData(digestOf(EMPTY))), undefined);
  await isGone(t, { layers, driver, paths }, uuid);
});

for (const algorithm of ['sha256', 'sha512']) {
  eachDriver(`the empty blob can be uploaded by its ${algorithm}, and by no other digest`, async (t, driver) => {
    const { layers } = composeCore(driver);
    const digest = digestOf(EMPTY, algorithm);
    {
      await using upload = await layers.upload(REPOSITORY, { algorithm });
      await upload.finish(digest);
    }
    t.is((await layers.stat(REPOSITORY, digest)).size, 0);
    t.is((await drain(await (await layers.fetch(REPOSITORY, digest)).open())).byteLength, 0);
    await using upload = await layers.upload(REPOSITORY);
    await t.throwsAsync(upload.finish(DIGEST), { instanceOf: RegistryError, message: /DIGEST_INVALID/ });
  });
}

for (const hint of ['sha512', undefined]) {
  eachDriver(`a blob is finished by sha512 when the client announced ${hint ?? 'nothing'}`, async (t, driver) => {
    const counting = new CountingDriver(driver);
    const { layers } = composeCore(counting);
    // More than is held in memory, whose digest is computed at the end.
    const bytes = content(2 * MIB);
    const digest = digestOf(bytes, 'sha512');
    await using upload = await layers.upload(REPOSITORY, { algorithm: hint });
    await upload.append({ body: bodyOf(bytes) });
    await upload.finish(digest);
    t.is(counting.count('read'), hint === undefined ? 1 : 0);
    t.true((await drain(await (await layers.fetch(REPOSITORY, digest)).open())).equals(bytes));
  });
}

eachDriver('bytes that passed through this process are never read again', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { layers, paths, uploads } = composeCore(counting);
  const uuid = await begin({ layers, uploads }, BYTES.subarray(0, 500));
  {
    await using upload = await layers.resume(REPOSITORY, { uuid, offset: 500 });
    await upload.append({ body: bodyOf(BYTES.subarray(500, 600)) });
  }
  await using upload = await layers.resume(REPOSITORY, { uuid, offset: 600 });
  await upload.append({ body: bodyOf(BYTES.subarray(600)) });
  await upload.finish(DIGEST);
  const data = paths.uploadData(REPOSITORY, uuid);
  t.deepEqual(
    counting.sites.filter(({ call, path }) => call === 'read' && path === data),
    [],
  );
  await storedRight(t, { layers }, DIGEST);
});

eachDriver('an upload that went to another process and came back gets the right digest', async (t, driver) => {
  const here = composeCore(driver);
  const there = composeCore(driver);
  const uuid = await begin(here, BYTES.subarray(0, 500));
  for (const [parts, start, end] of [
    [there, 500, 700],
    [here, 700, 900],
    [there, 900, 100_000],
  ] as const) {
    await using upload = await parts.layers.resume(REPOSITORY, { uuid, offset: start });
    await upload.append({ body: bodyOf(BYTES.subarray(start, end)) });
  }
  await using upload = await here.layers.resume(REPOSITORY, { uuid });
  await upload.finish(DIGEST);
  await storedRight(t, here, DIGEST);
});

eachDriver('a finished upload is unknown and leaves nothing behind', async (t, driver) => {
  const { layers, paths, uploads } = composeCore(driver);
  const uuid = await begin({ layers, uploads }, BYTES);
  {
    await using upload = await layers.resume(REPOSITORY, { uuid });
    await upload.finish(DIGEST);
  }
  await isGone(t, { layers, driver, paths }, uuid);
});

eachDriver('a cancelled upload is unknown and leaves nothing behind', async (t, driver) => {
  const { layers, paths, uploads } = composeCore(driver);
  const uuid = await begin({ layers, uploads }, BYTES);
  {
    await using upload = await layers.resume(REPOSITORY, { uuid });
    await upload.cancel();
  }
  await isGone(t, { layers, driver, paths }, uuid);
  t.false(await layers.exists(REPOSITORY, DIGEST));
});

async function begin({ layers, uploads }: Pick<CoreParts, 'layers' | 'uploads'>, bytes: Buffer = EMPTY) {
  if (bytes.byteLength === 0) return storedUpload({ uploads }, REPOSITORY);
  await using upload = await layers.upload(REPOSITORY);
  await upload.append({ body: bodyOf(bytes) });
  return upload.state.uuid;
}

async function storedRight(t: ExecutionContext, { layers }: Pick<CoreParts, 'layers'>, digest: Digest): Promise<void> {
  const layer = await layers.fetch(REPOSITORY, digest);
  t.true((await drain(await layer.open())).equals(BYTES));
}

async function isGone(
  t: ExecutionContext,
  { layers, driver, paths }: Pick<CoreParts, 'layers' | 'paths'> & { driver: StorageDriver },
  uuid: Awaited<ReturnType<typeof begin>>,
): Promise<void> {
  const error = await t.throwsAsync(layers.status(REPOSITORY, { uuid }), { instanceOf: RegistryError });
  t.is(error.code, 'BLOB_UPLOAD_UNKNOWN');
  t.is(await driver.stat(paths.upload(REPOSITORY, uuid)), undefined);
}
