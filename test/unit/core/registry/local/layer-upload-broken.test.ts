import { type Digest, digestOf } from '../../../../../core/digest/digest.ts';
import { DriverError } from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { UploadRangeError } from '../../../../../core/model/upload-state.ts';
import { bodyOf, content, drain } from '../../../../../testing/driver-case.ts';
import { name } from '../../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../../helpers/core/core-parts.ts';
import { storedUpload } from '../../../../helpers/core/stored-upload.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { type FailureMoment, FaultInjector } from '../../../../helpers/drivers/fault-injector.ts';

const REPOSITORY = name('foo/bar');
const BYTES = content(1000);
const DIGEST = digestOf(BYTES);

eachDriver(
  'a body that breaks off leaves the bytes that came, and the rest continues without reading them again',
  async (t, driver) => {
    const counting = new CountingDriver(driver);
    const { layers, paths, uploads } = composeCore(counting);
    const uuid = await begin({ layers, uploads });
    {
      await using upload = await layers.resume(REPOSITORY, { uuid, offset: 0 });
      const body = broken(BYTES.subarray(0, 300), BYTES.subarray(300, 400));
      await t.throwsAsync(upload.append({ body, range: { start: 0, end: 1000 } }), { message: 'the client went away' });
      t.is(upload.size, 400);
    }
    t.is((await layers.status(REPOSITORY, { uuid })).offset, 400);
    await using upload = await layers.resume(REPOSITORY, { uuid, offset: 400 });
    await upload.append({ body: bodyOf(BYTES.subarray(400)) });
    await upload.finish(DIGEST);
    const data = paths.uploadData(REPOSITORY, uuid);
    t.deepEqual(
      counting.sites.filter(({ call, path }) => call === 'read' && path === data),
      [],
    );
    await storedRight(t, { layers });
  },
);

eachDriver(
  'a request that is aborted while its body is silent ends at once and can be continued',
  async (t, driver) => {
    const { layers, uploads } = composeCore(driver);
    const uuid = await begin({ layers, uploads });
    {
      await using upload = await layers.resume(REPOSITORY, { uuid });
      const abort = new AbortController();
      const silent = Promise.withResolvers<void>();
      async function* body() {
        yield BYTES.subarray(0, 400);
        silent.resolve();
        await new Promise(() => undefined);
      }
      const appended = upload.append({ body: body() }, { signal: abort.signal });
      await silent.promise;
      abort.abort();
      const error = await t.throwsAsync(appended, { instanceOf: DriverError });
      t.is(error.code, 'aborted');
    }
    const { offset } = await layers.status(REPOSITORY, { uuid });
    await using upload = await layers.resume(REPOSITORY, { uuid });
    await upload.append({ body: bodyOf(BYTES.subarray(offset)) });
    await upload.finish(DIGEST);
    await storedRight(t, { layers });
  },
);

eachDriver('bytes that were dropped by an abort never count for the digest', async (t, driver) => {
  const { layers, uploads } = composeCore(driver);
  const uuid = await begin({ layers, uploads });
  const dropped = Buffer.alloc(600, 'x');
  {
    await using upload = await layers.resume(REPOSITORY, { uuid });
    const abort = new AbortController();
    async function* body() {
      yield BYTES.subarray(0, 400);
      abort.abort();
      yield dropped;
    }
    await t.throwsAsync(upload.append({ body: body() }, { signal: abort.signal }), { instanceOf: DriverError });
  }
  const { offset } = await layers.status(REPOSITORY, { uuid });
  {
    // As many bytes as were dropped, so that only their content tells them apart.
    await using upload = await layers.resume(REPOSITORY, { uuid, offset });
    await upload.append({ body: bodyOf(BYTES.subarray(offset)) });
  }
  const lie = digestOf(Buffer.concat([BYTES.subarray(0, 400), dropped]));
  {
    await using upload = await layers.resume(REPOSITORY, { uuid, offset: 1000 });
    await upload.finish(DIGEST);
  }
  await storedRight(t, { layers });
  t.false(await layers.exists(REPOSITORY, lie));
});

eachDriver('bytes that come after an abort never count for the digest', async (t, driver) => {
  const [here, there] = [composeCore(driver), composeCore(driver)];
  const uuid = await begin(here);
  const [silent, late] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  {
    await using upload = await here.layers.resume(REPOSITORY, { uuid });
    const abort = new AbortController();
    async function* body() {
      yield BYTES.subarray(0, 400);
      silent.resolve();
      await late.promise;
      yield Buffer.alloc(600, 'x');
    }
    const appended = upload.append({ body: body() }, { signal: abort.signal });
    await silent.promise;
    abort.abort();
    await t.throwsAsync(appended, { instanceOf: DriverError });
  }
  late.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  {
    const { offset } = await there.layers.status(REPOSITORY, { uuid });
    await using upload = await there.layers.resume(REPOSITORY, { uuid, offset });
    await upload.append({ body: bodyOf(BYTES.subarray(offset)) });
  }
  {
    await using upload = await here.layers.resume(REPOSITORY, { uuid, offset: 1000 });
    await upload.finish(DIGEST);
  }
  await storedRight(t, here);
});

eachDriver('bytes that the backend refused never count for the digest', async (t, driver) => {
  const failing = new FaultInjector(driver);
  const { layers, uploads } = composeCore(failing);
  const uuid = await begin({ layers, uploads });
  {
    await using upload = await layers.resume(REPOSITORY, { uuid });
    failing.failNext('append', 'after');
    await t.throwsAsync(upload.append({ body: bodyOf(BYTES.subarray(0, 400)) }), { instanceOf: DriverError });
    await upload.append({ body: bodyOf(BYTES.subarray(upload.size, 700)) });
  }
  await using upload = await layers.resume(REPOSITORY, { uuid, offset: 700 });
  await upload.append({ body: bodyOf(BYTES.subarray(700)) });
  await upload.finish(DIGEST);
  await storedRight(t, { layers });
});

eachDriver('of two simultaneous writers exactly one wins, and the other learns the size', async (t, driver) => {
  const { layers, uploads } = composeCore(driver);
  const uuid = await begin({ layers, uploads }, BYTES.subarray(0, 500));
  const tries = await Promise.allSettled([1, 2, 3].map(() => layers.resume(REPOSITORY, { uuid, offset: 500 })));
  const [winner, ...others] = tries.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
  t.deepEqual(others, []);
  for (const { reason } of tries.filter((result) => result.status === 'rejected')) {
    t.true(reason instanceof UploadRangeError);
    t.is((reason as UploadRangeError).state.offset, 500);
  }
  await winner?.append({ body: bodyOf(BYTES.subarray(500)) });
  await winner?.finish(DIGEST);
  await winner?.[Symbol.asyncDispose]();
  await storedRight(t, { layers });
});

eachDriver('during a write, others get the current size and may not write, finish or cancel', async (t, driver) => {
  const { layers, uploads } = composeCore(driver);
  const uuid = await begin({ layers, uploads });
  const upload = await layers.resume(REPOSITORY, { uuid });
  const sizes: number[] = [];
  async function* body() {
    for (const [start, end] of [
      [0, 300],
      [300, 1000],
    ] as const) {
      yield BYTES.subarray(start, end);
      const { offset } = await layers.status(REPOSITORY, { uuid });
      const error = await t.throwsAsync(layers.resume(REPOSITORY, { uuid }), { instanceOf: UploadRangeError });
      t.is(error.state.offset, offset);
      sizes.push(offset);
    }
  }
  await upload.append({ body: body() });
  t.true(sizes.every((size) => size >= 0 && size <= 1000));
  t.is((await layers.status(REPOSITORY, { uuid })).offset, 1000);
  await upload.finish(DIGEST);
  await upload[Symbol.asyncDispose]();
  await storedRight(t, { layers });
  await t.throwsAsync(layers.status(REPOSITORY, { uuid }), {
    instanceOf: RegistryError,
    message: /BLOB_UPLOAD_UNKNOWN/,
  });
});

eachDriver('the next writer may start when the previous one is gone', async (t, driver) => {
  const { layers, uploads } = composeCore(driver);
  const uuid = await begin({ layers, uploads });
  const first = await layers.resume(REPOSITORY, { uuid });
  await t.throwsAsync(layers.resume(REPOSITORY, { uuid }), { instanceOf: UploadRangeError });
  await first[Symbol.asyncDispose]();
  const second = await layers.resume(REPOSITORY, { uuid });
  await first[Symbol.asyncDispose]();
  await t.throwsAsync(layers.resume(REPOSITORY, { uuid }), { instanceOf: UploadRangeError });
  await second[Symbol.asyncDispose]();
});

eachDriver('finishing can be repeated after a failed commit, with no byte sent again', async (t, driver) => {
  const failing = new FaultInjector(driver);
  const { layers, uploads } = composeCore(failing);
  const uuid = await begin({ layers, uploads }, BYTES);
  {
    await using upload = await layers.resume(REPOSITORY, { uuid });
    failing.failNext('commit');
    await t.throwsAsync(upload.finish(DIGEST), { instanceOf: DriverError, message: /unavailable/ });
  }
  t.false(failing.isPending);
  t.false(await layers.exists(REPOSITORY, DIGEST));
  t.is((await layers.status(REPOSITORY, { uuid })).offset, 1000);
  await using upload = await layers.resume(REPOSITORY, { uuid, offset: 1000 });
  await upload.finish(DIGEST);
  await storedRight(t, { layers });
});

for (const moment of ['before', 'after'] as const) {
  eachDriver(
    `whichever call of an upload fails ${moment} its effect, nothing wrong is stored and it can be repeated`,
    async (t, driver) => {
      const failing = new FaultInjector(driver);
      let failures = 0;
      for (let call = 0; ; call += 1) {
        const bytes = Buffer.concat([BYTES, Buffer.from(`${moment} ${call}`)]);
        const digest = digestOf(bytes);
        const { layers, paths } = composeCore(failing);
        if (!(await fails(layers, failing, { bytes, digest, call, moment }))) break;
        failures += 1;
        if (await layers.exists(REPOSITORY, digest))
          t.is((await layers.stat(REPOSITORY, digest)).size, bytes.byteLength);
        if ((await driver.stat(paths.blobData(digest))) !== undefined) {
          t.true((await drain(await driver.read(paths.blobData(digest)))).equals(bytes));
        }
        await push(layers, bytes, digest);
        t.true((await drain(await (await layers.fetch(REPOSITORY, digest)).open())).equals(bytes));
      }
      t.true(failures >= 6, `${failures} calls`);
    },
  );
}

/** @returns whether the call was made; the upload may have made it again, and then does not fail */
async function fails(
  layers: CoreParts['layers'],
  failing: FaultInjector,
  { bytes, digest, call, moment }: { bytes: Buffer; digest: Digest; call: number; moment: FailureMoment },
): Promise<boolean> {
  failing.failAt(call, moment);
  try {
    await push(layers, bytes, digest);
  } catch (error) {
    if (!DriverError.is(error, 'unavailable')) throw error;
  }
  failing.heal();
  return failing.hit !== undefined;
}

/** In two requests, so that the upload is stored between them. */
async function push(layers: CoreParts['layers'], bytes: Buffer, digest: Digest): Promise<void> {
  const offset = 300;
  const { uuid } = await (async () => {
    await using upload = await layers.upload(REPOSITORY);
    await upload.append({ body: bodyOf(bytes.subarray(0, offset)) });
    return await upload.close();
  })();
  await using upload = await layers.resume(REPOSITORY, { uuid, offset });
  await upload.append({ body: bodyOf(bytes.subarray(offset)) });
  await upload.finish(digest);
}

async function* broken(...chunks: readonly Buffer[]): AsyncGenerator<Buffer, void, undefined> {
  yield* chunks;
  throw new Error('the client went away');
}

async function begin({ layers, uploads }: Pick<CoreParts, 'layers' | 'uploads'>, bytes: Buffer = Buffer.alloc(0)) {
  if (bytes.byteLength === 0) return storedUpload({ uploads }, REPOSITORY);
  await using upload = await layers.upload(REPOSITORY);
  await upload.append({ body: bodyOf(bytes) });
  return upload.state.uuid;
}

async function storedRight(
  t: { true(actual: boolean): unknown },
  { layers }: Pick<CoreParts, 'layers'>,
): Promise<void> {
  const layer = await layers.fetch(REPOSITORY, DIGEST);
  t.true((await drain(await layer.open())).equals(BYTES));
}
