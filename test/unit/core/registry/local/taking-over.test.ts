import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { Digester } from '../../../../../core/digest/digester.ts';
import { DriverError } from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import type { UploadId } from '../../../../../core/model/reference.ts';
import { UploadRangeError } from '../../../../../core/model/upload-state.ts';
import type { LayerUpload } from '../../../../../core/registry/layer-upload.ts';
import { HashStateStore } from '../../../../../core/storage/hash-state-store.ts';
import { bodyOf, content, drain } from '../../../../../testing/driver-case.ts';
import { name } from '../../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../../helpers/drivers/fault-injector.ts';
import { GatedDriver } from '../../../../helpers/drivers/gated-driver.ts';

const REPOSITORY = name('foo/bar');
const BEGUN = content(500, 1);
const LATE = content(700, 2);
const NEW = content(900, 3);
const WANTED = Buffer.concat([BEGUN, NEW]);
const DIGEST = digestOf(WANTED);

/** An upload with bytes that were acknowledged. */
async function begin({ layers }: CoreParts): Promise<UploadId> {
  await using upload = await layers.upload(REPOSITORY);
  await upload.append({ body: bodyOf(BEGUN) });
  return (await upload.close()).uuid;
}

async function isStored(t: ExecutionContext, { blobs }: CoreParts): Promise<void> {
  t.deepEqual(await drain(await blobs.open(DIGEST)), WANTED);
}

async function goOn({ layers }: CoreParts, uuid: UploadId, offset: number = BEGUN.byteLength): Promise<LayerUpload> {
  return layers.resume(REPOSITORY, { uuid, offset });
}

eachDriver('of two instances without common locks that write one upload, the newer one gets it', async (t, driver) => {
  const [old, young] = [composeCore(driver), composeCore(driver)];
  const uuid = await begin(old);
  const excluded = await goOn(old, uuid);
  await excluded.append({ body: bodyOf(LATE.subarray(0, 300)) });
  await using winner = await goOn(young, uuid);
  t.is(winner.size, BEGUN.byteLength, 'what nobody was told of is cut off');
  await winner.append({ body: bodyOf(NEW) });
  await excluded.append({ body: bodyOf(LATE.subarray(300)) });
  const error = await t.throwsAsync(excluded.close(), { instanceOf: UploadRangeError });
  t.is(error.state.offset, WANTED.byteLength);
  await excluded[Symbol.asyncDispose]();
  await winner.close();
  await using last = await goOn(old, uuid, WANTED.byteLength);
  await last.finish(DIGEST);
  await isStored(t, young);
});

eachDriver('of many instances that append at one offset at once, exactly one is acknowledged', async (t, driver) => {
  const instances = Array.from({ length: 4 }, () => composeCore(driver));
  const [first] = instances as [CoreParts];
  for (let round = 0; round < 20; round++) {
    const uuid = await begin(first);
    const results = await Promise.allSettled(
      instances.map(async (instance, index) => {
        await using upload = await goOn(instance, uuid);
        await upload.append({ body: bodyOf(content(100, round), content(100 + index, index)) });
        return { state: await upload.close(), index, instance };
      }),
    );
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    t.is(won.length, 1);
    for (const result of results) t.true(result.status === 'fulfilled' || result.reason instanceof UploadRangeError);
    const [{ state, index, instance }] = won as [(typeof won)[0]];
    const bytes = Buffer.concat([BEGUN, content(100, round), content(100 + index, index)]);
    t.is(state.offset, bytes.byteLength);
    await using upload = await goOn(instance, uuid, state.offset);
    t.is((await upload.finish(digestOf(bytes))).size, bytes.byteLength);
  }
});

eachDriver('an upload whose takeover breaks off ignores what the excluded request saves', async (t, driver) => {
  const failing = new FaultInjector(driver);
  const [old, young] = [composeCore(driver), composeCore(failing)];
  const uuid = await begin(old);
  const excluded = await goOn(old, uuid);
  failing.failNext('write');
  await t.throwsAsync(goOn(young, uuid), { instanceOf: DriverError });
  const claimed = new Digester('sha256');
  claimed.update(WANTED);
  await new HashStateStore(driver, young.paths).save({ name: REPOSITORY, uuid }, claimed);
  await excluded[Symbol.asyncDispose]();
  const other = content(WANTED.byteLength, 4);
  await using last = await goOn(young, uuid, 0);
  await last.append({ body: bodyOf(other) });
  const error = await t.throwsAsync(last.finish(DIGEST), { instanceOf: RegistryError });
  t.is(error.code, 'DIGEST_INVALID');
});

eachDriver(
  'an instance that is delayed before the commit of its finish stores no bytes of others',
  async (t, driver) => {
    const gated = new GatedDriver(driver);
    const [old, young] = [composeCore(gated), composeCore(driver)];
    const uuid = await begin(old);
    const excluded = await goOn(old, uuid);
    const gate = gated.holdNext(({ call }) => call === 'commit');
    const finished = excluded.finish(digestOf(BEGUN));
    await gate.reached;
    const winner = await goOn(young, uuid);
    await winner.append({ body: bodyOf(NEW) });
    gate.open();
    await t.throwsAsync(finished, { instanceOf: UploadRangeError });
    await excluded[Symbol.asyncDispose]();
    t.is(await young.blobs.size(digestOf(BEGUN)), undefined);
    await winner.finish(DIGEST);
    await winner[Symbol.asyncDispose]();
    await isStored(t, young);
  },
);

eachDriver(
  'an instance that wakes up after the end learns that the upload is gone, and leaves the blob',
  async (t, driver) => {
    const [old, young] = [composeCore(driver), composeCore(driver)];
    const uuid = await begin(old);
    const excluded = await goOn(old, uuid);
    await excluded.append({ body: bodyOf(LATE.subarray(0, 100)) });
    {
      await using winner = await goOn(young, uuid);
      await winner.append({ body: bodyOf(NEW) });
      await winner.finish(DIGEST);
    }
    await excluded.append({ body: bodyOf(LATE) });
    await t.throwsAsync(excluded.close(), { instanceOf: RegistryError, message: /BLOB_UPLOAD_UNKNOWN/ });
    await excluded[Symbol.asyncDispose]();
    await isStored(t, young);
  },
);

eachDriver('an excluded instance that gives up its upload does not remove that of the other', async (t, driver) => {
  const [old, young] = [composeCore(driver), composeCore(driver)];
  const uuid = await begin(old);
  const excluded = await goOn(old, uuid);
  await using winner = await goOn(young, uuid);
  await winner.append({ body: bodyOf(NEW) });
  await t.throwsAsync(excluded.finish(DIGEST), { instanceOf: UploadRangeError });
  await t.throwsAsync(excluded.cancel(), { instanceOf: UploadRangeError });
  await excluded[Symbol.asyncDispose]();
  await winner.finish(DIGEST);
  await isStored(t, young);
});

eachDriver('a location that is older than the acknowledged bytes does no harm', async (t, driver) => {
  const [old, young] = [composeCore(driver), composeCore(driver)];
  const uuid = await begin(old);
  await using upload = await goOn(old, uuid);
  await upload.append({ body: bodyOf(NEW.subarray(0, 400)) });
  await t.throwsAsync(goOn(young, uuid, 0), { instanceOf: UploadRangeError });
  await t.throwsAsync(goOn(young, uuid, BEGUN.byteLength - 1), { instanceOf: UploadRangeError });
  await upload.append({ body: bodyOf(NEW.subarray(400)) });
  await upload.finish(DIGEST);
  await isStored(t, young);
});

eachDriver('another instance can ask for the size of an upload that is being written', async (t, driver) => {
  const [old, young] = [composeCore(driver), composeCore(driver)];
  const uuid = await begin(old);
  await using upload = await goOn(old, uuid);
  await upload.append({ body: bodyOf(NEW) });
  const { offset } = await young.layers.status(REPOSITORY, { uuid });
  t.true(offset >= BEGUN.byteLength && offset <= WANTED.byteLength);
  await upload.finish(DIGEST);
  await isStored(t, young);
});

eachDriver('a digest state that an excluded instance saves late is never used', async (t, driver) => {
  const [old, young] = [composeCore(driver), composeCore(driver)];
  const uuid = await begin(old);
  const excluded = await goOn(old, uuid);
  {
    await using winner = await goOn(young, uuid);
    await winner.append({ body: bodyOf(NEW) });
    await winner.close();
  }
  // As it would: a state for the current size of the upload, but of other bytes.
  const forged = Buffer.concat([BEGUN, content(NEW.byteLength, 8)]);
  const digester = new Digester('sha256');
  digester.update(forged);
  await new HashStateStore(young.driver, young.paths).save({ name: REPOSITORY, uuid }, digester);
  await t.throwsAsync(excluded.close(), { instanceOf: UploadRangeError });
  await excluded[Symbol.asyncDispose]();
  const third = composeCore(driver);
  const poisoned = await goOn(third, uuid, WANTED.byteLength);
  await t.throwsAsync(poisoned.finish(digestOf(forged)), { instanceOf: RegistryError, message: /DIGEST_INVALID/ });
  await poisoned[Symbol.asyncDispose]();
  t.is(await third.blobs.size(digestOf(forged)), undefined);
});

eachDriver('an upload that was taken over is finished by its stored bytes, on any instance', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const [old, young, third] = [composeCore(driver), composeCore(driver), composeCore(counting)];
  const uuid = await begin(old);
  const excluded = await goOn(old, uuid);
  {
    await using winner = await goOn(young, uuid);
    await winner.append({ body: bodyOf(NEW.subarray(0, 300)) });
    await winner.close();
  }
  await using upload = await goOn(third, uuid, BEGUN.byteLength + 300);
  await upload.append({ body: bodyOf(NEW.subarray(300)) });
  await upload.finish(DIGEST);
  t.true(counting.sites.some(({ call, path }) => call === 'read' && path.endsWith('/data')));
  await isStored(t, young);
  await excluded[Symbol.asyncDispose]();
});

eachDriver(
  'a request that has lost its lock ends with the size of the upload, and its bytes stay',
  async (t, driver) => {
    const lost = new AbortController();
    const hold = { lost: lost.signal, [Symbol.asyncDispose]: async () => undefined };
    const { layers } = composeCore(driver, undefined, { tryAcquire: async () => hold });
    const other = composeCore(driver);
    const uuid = await begin(other);
    const upload = await layers.resume(REPOSITORY, { uuid });
    const body = (async function* () {
      yield NEW.subarray(0, 400);
      lost.abort(new Error('the lock has expired'));
      await new Promise(() => undefined);
    })();
    const error = await t.throwsAsync(upload.append({ body }), { instanceOf: UploadRangeError });
    t.true(error.state.offset >= BEGUN.byteLength && error.state.offset <= BEGUN.byteLength + 400);
    await t.throwsAsync(upload.finish(DIGEST), { instanceOf: UploadRangeError });
    await upload[Symbol.asyncDispose]();
    const { offset } = await other.layers.status(REPOSITORY, { uuid });
    await using next = await goOn(other, uuid, offset);
    await next.append({ body: bodyOf(WANTED.subarray(offset)) });
    await next.finish(DIGEST);
    await isStored(t, other);
  },
);

eachDriver('the instance that began an upload reports the size that another one has reached', async (t, driver) => {
  const [old, young] = [composeCore(driver), composeCore(driver)];
  const uuid = await begin(old);
  await using upload = await goOn(young, uuid);
  await upload.append({ body: bodyOf(NEW) });
  await upload.close();
  t.is((await old.layers.status(REPOSITORY, { uuid })).offset, WANTED.byteLength);
});
